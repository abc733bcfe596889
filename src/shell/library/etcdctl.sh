# Calls etcdctl, for probes and for operations.

# use_etcd ETCDCTL ENDPOINTS
use_etcd() { ETCDCTL=$1 ENDPOINTS=$2; }

call_etcdctl() { ETCDCTL_API=3 "$ETCDCTL" "--endpoints=$ENDPOINTS" "$@"; }

# etcdctl ARGUMENT ... : prints what it says, as people read it.
etcdctl() {
  said=$(call_etcdctl --dial-timeout=3s --command-timeout=10s "$@" 2>&1)
  result=$?
  # Its retries are no news.
  [ -z "$said" ] || say "$said" | sed '/^{"level":/d'
  return "$result"
}

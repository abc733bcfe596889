# Calls etcdctl, for probes and for operations.

# use_etcd ETCDCTL URLS VARIABLES: the file has the variables with which etcdctl connects, if it is there.
use_etcd() { ETCDCTL=$1 ENDPOINTS=$2 VARIABLES=$3; }

# as_client COMMAND ... : with these variables.
as_client() (
  [ ! -f "$VARIABLES" ] || {
    set -a
    # shellcheck disable=SC1090
    . "$VARIABLES"
    set +a
  }
  ETCDCTL_API=3 "$@"
)

call_etcdctl() { as_client "$ETCDCTL" "--endpoints=$ENDPOINT" "$@"; }

# choose_endpoint: sets ENDPOINT to the first that is well. With several, etcdctl 3.4 wants the certificate of the first at all of
# them, and a snapshot waits long for one that is gone.
choose_endpoint() {
  for ENDPOINT in $(say "$ENDPOINTS" | tr , ' '); do
    ! call_etcdctl --dial-timeout=2s --command-timeout=3s endpoint health >/dev/null 2>&1 || return 0
  done
  return 1
}

# etcdctl ARGUMENT ... : asks who is well, and prints what it says, as people read it.
etcdctl() {
  choose_endpoint || :
  tell_etcdctl "$@"
}

tell_etcdctl() {
  said=$(call_etcdctl --dial-timeout=3s --command-timeout=10s "$@" 2>&1)
  result=$?
  # Its retries are no news.
  [ -z "$said" ] || say "$said" | sed '/^{"level":/d'
  return "$result"
}

# The operations on keys, roles and users of etcd. Values and passwords are only ever on stdin.

# etcd_key ETCDCTL URLS VARIABLES KEY REVISION SUM SIZE [KEPT]: the value is the upload of that sum, or the kept one.
# To the undo of an apply it is back if nothing was kept: the apply did not reach it.
is_etcd_key() { [ -n "${8-}" ] && [ ! -f "$CLUSTER/$8" ]; }
do_etcd_key() {
  use_etcd "$1" "$2" "$3"
  KEY=$4 REVISION=$5 SUM=$6 VALUE=$STAGING/$6 SIZE=$7
  [ -z "${8-}" ] || {
    VALUE=$CLUSTER/$8
    [ -f "$VALUE" ] || {
      say "the value of $KEY that was kept is gone"
      return 1
    }
  }
  patiently 60 read_key || return 1
  [ "$(key_sum)" != "$SUM" ] || return 0
  has_revision && keep_value && patiently 60 put_key
}

# etcd_role ETCDCTL URLS VARIABLES ROLE, then for each permission `grant` or `revoke`, ACCESS, FORM, KEY, END.
is_etcd_role() { return 1; }
do_etcd_role() {
  use_etcd "$1" "$2" "$3"
  TYPE=role NAME=$4
  shift 4
  patiently 60 add_named role add -- "$NAME" || return 1
  while [ $# -gt 0 ]; do
    patiently 60 permit "$@" || return 1
    shift 5
  done
}

# etcd_user ETCDCTL URLS VARIABLES USER SUM, then `grant` or `revoke` and ROLE; the password is the upload of that sum.
is_etcd_user() { return 1; }
do_etcd_user() {
  use_etcd "$1" "$2" "$3"
  TYPE=user NAME=$4 PASSWORD=
  [ -z "$5" ] || {
    PASSWORD=$STAGING/$5
    # etcdctl reads it up to the first blank; the x keeps a newline at its end.
    case $(cat "$PASSWORD" && say x) in x | *[[:space:]]*)
      say "the password of $NAME is empty or has blanks, which etcdctl does not take"
      return 1
      ;;
    esac
  }
  shift 5
  patiently 60 set_user || return 1
  while [ $# -gt 0 ]; do
    patiently 60 assign "$1" "$2" || return 1
    shift 2
  done
}

# etcd_remove ETCDCTL URLS VARIABLES TYPE NAME
is_etcd_remove() { return 1; }
do_etcd_remove() {
  use_etcd "$1" "$2" "$3"
  TYPE=$4 NAME=$5
  case $TYPE in
    key)
      KEY=$5
      patiently 60 read_key && keep_value && patiently 60 etcdctl del -- "$KEY"
      ;;
    *) patiently 60 remove_named ;;
  esac
}

# The value as it is, with a newline after it; nothing if there is no such key. Its revision comes after it: what has the revision
# that was planned had that value.
read_key() {
  choose_endpoint || :
  call_etcdctl --dial-timeout=3s --command-timeout=10s get --print-value-only -- "$KEY" 2>"$RUN/etcd-said" >"$RUN/etcd-value" &&
    call_etcdctl --dial-timeout=3s --command-timeout=10s get -w fields -- "$KEY" 2>"$RUN/etcd-said" >"$RUN/etcd-fields" || {
    sed '/^{"level":/d' "$RUN/etcd-said"
    return 1
  }
}

found_revision() { sed -n 's/^"ModRevision" : //p' "$RUN/etcd-fields"; }

# The sum of the value; nothing if there is no such key.
key_sum() {
  [ -n "$(found_revision)" ] || return 0
  bytes=$(($(wc -c <"$RUN/etcd-value") - 1))
  first_bytes "$bytes" "$RUN/etcd-value" >"$RUN/etcd-bare"
  found=$(sums "$RUN/etcd-bare")
  say "${found%% *}"
}

# first_bytes COUNT FILE
first_bytes() { [ "$1" -eq 0 ] || dd if="$2" bs="$1" count=1 2>/dev/null; }

has_revision() {
  found=$(found_revision)
  [ -z "$REVISION" ] || [ "${found:-0}" = "$REVISION" ] || {
    say "the key $KEY has changed since this was planned; run converge again"
    return 1
  }
}

# For the undo of this generation.
keep_value() {
  [ -d "${GENERATION-}" ] && [ -z "$PORTABLE" ] && [ -n "$(found_revision)" ] || return 0
  (umask 077 && cp -- "$RUN/etcd-value" "$GENERATION/$NUMBER") && durable "$GENERATION/$NUMBER" "$GENERATION"
}

# etcdctl takes no empty value from stdin. What was kept has a newline more.
put_key() {
  if [ "$SIZE" -eq 0 ]; then
    etcdctl put -- "$KEY" ''
  else
    first_bytes "$SIZE" "$VALUE" | etcdctl put -- "$KEY"
  fi
}

# has_named: whether etcd has a role or a user of this name; 2 if it does not say.
has_named() {
  names=$(etcdctl "$TYPE" list -w simple) || {
    say "$names"
    return 2
  }
  case $NL$names$NL in *"$NL$NAME$NL"*) ;; *) return 1 ;; esac
}

# add_named WORD ... : what adds it, if it is missing.
add_named() {
  has_named
  case $? in
    0) ;;
    1) etcdctl "$@" ;;
    *) return 1 ;;
  esac
}

remove_named() {
  has_named
  case $? in
    0) etcdctl "$TYPE" delete -- "$NAME" ;;
    1) ;;
    *) return 1 ;;
  esac
}

set_user() {
  if [ -z "$PASSWORD" ]; then
    add_named user add --no-password -- "$NAME"
    return
  fi
  has_named
  case $? in
    0) etcdctl user passwd --interactive=false -- "$NAME" <"$PASSWORD" ;;
    1) etcdctl user add --interactive=false -- "$NAME" <"$PASSWORD" ;;
    *) return 1 ;;
  esac
}

# permit VERB ACCESS FORM KEY END
permit() {
  verb=$1 access=$2 form=$3 key=$4 end=$5
  case $form in
    prefix) set -- --prefix -- ;;
    open) set -- --from-key -- ;;
    *) set -- -- ;;
  esac
  case $verb in
    grant) set -- grant-permission "$@" "$NAME" "$access" "$key" ;;
    revoke) set -- revoke-permission "$@" "$NAME" "$key" ;;
  esac
  [ "$form" != range ] || set -- "$@" "$end"
  unless_gone role "$@"
}

# assign VERB ROLE
assign() { unless_gone user "$1-role" -- "$NAME" "$2"; }

# A run that was killed may have revoked it already.
unless_gone() {
  refused=$(etcdctl "$@") || case $refused in
    *'is not granted'*) ;;
    *)
      say "$refused"
      return 1
      ;;
  esac
}

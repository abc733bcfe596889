# What etcd has of keys, roles and users: `object no`, `object absent`, or `object yes`, JSON with a blank before each line, and a line `.`

# inspect_keys ETCDCTL URLS VARIABLES READS: one answer for all keys.
inspect_keys() {
  use_etcd "$1" "$2" "$3"
  answer=$(say "$4" | ask_etcd txn -w json) || ETCD_IS_DOWN=$ENDPOINTS
  say_object
}

# inspect_named ETCDCTL URLS VARIABLES TYPE NAME ... : roles or users.
inspect_named() {
  use_etcd "$1" "$2" "$3"
  type=$4
  shift 4
  # Names first: of one that is unknown etcdctl prints an error like any other.
  names=$(ask_etcd "$type" list -w simple) || ETCD_IS_DOWN=$ENDPOINTS
  for name; do
    case $ETCD_IS_DOWN:$NL$names$NL in
      "$ENDPOINTS:"*) say 'object no' ;;
      *"$NL$name$NL"*)
        answer=$(ask_etcd "$type" get -w json -- "$name") || ETCD_IS_DOWN=$ENDPOINTS
        say_object
        ;;
      *) say 'object absent' ;;
    esac
  done
}

# Who has not answered once is not asked again.
ETCD_IS_DOWN=
ask_etcd() {
  [ "$ETCD_IS_DOWN" != "$ENDPOINTS" ] && choose_endpoint && call_etcdctl --dial-timeout=2s --command-timeout=4s "$@" 2>/dev/null
}

say_object() {
  if [ "$ETCD_IS_DOWN" = "$ENDPOINTS" ]; then
    say 'object no'
  else
    say 'object yes'
    say "$answer" | sed 's/^/ /'
    say .
  fi
}

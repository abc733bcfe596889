# The operation `etcd-member`: who is a member of a cluster of etcd. Each action first looks whether it is done.

# etcd-member ACTION ETCDCTL ENDPOINTS NAME PEER_URL ID FILE: only the API knows whether it is done.
is_etcd_member() { return 1; }
do_etcd_member() {
  ETCDCTL=$2 ENDPOINTS=$3 NAME=$4 PEER_URL=$5 ID=$6 FILE=$7
  case $1 in
    snapshot) snapshot_etcd ;;
    set-aside) rm -rf -- "$R$FILE.aside" && mv -- "$R$FILE" "$R$FILE.aside" && durable "$R${FILE%/*}" ;;
    join) join_etcd ;;
    promote) promote_etcd ;;
    move) etcdctl member update "$ID" "--peer-urls=$PEER_URL" ;;
    remove) remove_etcd ;;
  esac
}

etcdctl() {
  ETCDCTL_API=3 "$ETCDCTL" "--endpoints=$ENDPOINTS" --dial-timeout=3s --command-timeout=10s "$@" 2>&1
}

# list_etcd: sets MEMBERS to lines `ID, STATUS, NAME, PEER_URLS, CLIENT_URLS, IS_LEARNER`.
list_etcd() {
  MEMBERS=$(etcdctl member list -w simple) || {
    say "$MEMBERS"
    return 1
  }
}

# etcd_field VALUE FIELD WANTED: of the first member of which a field is that value, another one.
etcd_field() {
  say "$MEMBERS" | awk -F ', ' -v value="$1" -v field="$2" -v wanted="$3" \
    '{ n = split($field, values, ","); for (i = 1; i <= n; i++) if (values[i] == value) { print $wanted; exit } }'
}

# The newest three are kept.
snapshot_etcd() {
  mkdir -p -- "$FILE" || return 1
  snapshot=$FILE/$(date -u +%Y%m%dT%H%M%SZ).db
  ENDPOINTS=${ENDPOINTS%%,*}
  ETCDCTL_API=3 "$ETCDCTL" "--endpoints=$ENDPOINTS" --command-timeout=300s snapshot save "$snapshot" 2>&1 &&
    chmod 0600 "$snapshot" && durable "$snapshot" "$FILE" || return 1
  # Names have no blanks: these are its own.
  # shellcheck disable=SC2012
  ls -r -- "$FILE" | sed -n '4,$p' | while read -r old; do rm -f -- "$FILE/$old"; done
}

# It is added once: a run that was killed after that has left it unstarted. Its first start needs who is a member now.
join_etcd() {
  list_etcd || return 1
  status=$(etcd_field "$PEER_URL" 4 2) known=$(etcd_field "$PEER_URL" 4 1)
  if [ -n "$ID" ] && [ -n "$(etcd_field "$ID" 1 1)" ]; then
    etcdctl member remove "$ID" || return 1
    [ "$known" != "$ID" ] || status=
  fi
  [ "$status" = unstarted ] || [ "$status" = started ] ||
    etcdctl member add "$NAME" "--peer-urls=$PEER_URL" --learner || return 1
  list_etcd || return 1
  cluster=$(say "$MEMBERS" | awk -F ', ' -v name="$NAME" -v own="$PEER_URL" '{
    n = split($4, urls, ",")
    for (i = 1; i <= n; i++) print (urls[i] == own ? name : ($3 == "" ? "unstarted-" $1 : $3)) "=" urls[i]
  }' | tr '\n' ',')
  rm -f -- "$R$FILE.new" &&
    printf '%s\n' "ETCD_INITIAL_ADVERTISE_PEER_URLS=$PEER_URL" "ETCD_INITIAL_CLUSTER=${cluster%,}" \
      ETCD_INITIAL_CLUSTER_STATE=existing >"$R$FILE.new" &&
    chmod 0644 "$R$FILE.new" && durable "$R$FILE.new" && mv -- "$R$FILE.new" "$R$FILE" && durable "$R${FILE%/*}"
}

# A learner is refused until it has what the leader has.
promote_etcd() {
  read_clock
  until=$((CLOCK + 240))
  while list_etcd; do
    [ "$(etcd_field "$PEER_URL" 4 6)" = true ] || return 0
    refusal=$(etcdctl member promote "$(etcd_field "$PEER_URL" 4 1)") && return 0
    read_clock
    [ "$CLOCK" -lt "$until" ] || {
      say "$refusal"
      return 1
    }
    sleep 1
  done
  return 1
}

# The leader hands over first, so that no write waits for an election.
remove_etcd() {
  list_etcd || return 1
  [ -n "$(etcd_field "$ID" 1 1)" ] || return 0
  client=$(etcd_field "$ID" 1 5)
  heir=$(say "$MEMBERS" | awk -F ', ' -v id="$ID" -v urls="$ENDPOINTS" 'BEGIN { n = split(urls, all, ",") }
    { m = split($5, own, ","); for (i = 1; i <= n; i++) for (j = 1; j <= m; j++)
      if (own[j] == all[i] && $1 != id && $6 == "false") { print $1; exit } }')
  # Whoever does not lead refuses.
  [ -z "$client" ] || [ -z "$heir" ] ||
    ETCDCTL_API=3 "$ETCDCTL" "--endpoints=$client" --dial-timeout=3s --command-timeout=5s move-leader "$heir" >/dev/null 2>&1
  etcdctl member remove "$ID"
}

# The operation `etcd-member`: who is a member of a cluster of etcd. What is asked of the cluster may be asked again.

# etcd-member ACTION ETCDCTL ENDPOINTS NAME PEER_URL ID FILE VERSION UNIT DATA VARIABLES: only the API knows whether it is done.
is_etcd_member() { return 1; }
do_etcd_member() {
  use_etcd "$2" "$3" "${11}"
  action=$1 NAME=$4 PEER_URL=$5 ID=$6 FILE=$7 VERSION=$8 UNIT=$9 DATA=${10}
  case $action in
    snapshot) snapshot_etcd ;;
    expect-new) expect_new ;;
    settle) patiently 60 has_settled ;;
    checkpoint) checkpoint_etcd ;;
    set-aside) rm -rf -- "$R$FILE.aside" && mv -- "$R$FILE" "$R$FILE.aside" && durable "$R${FILE%/*}" ;;
    join) join_etcd ;;
    promote) promote_etcd ;;
    move) patiently 60 etcdctl member update "$ID" "--peer-urls=$PEER_URL" ;;
    remove) remove_etcd ;;
  esac
}

# patiently SECONDS COMMAND ... : until it succeeds. etcd wants all members to have been connected for five seconds, and a learner
# to have what the leader has.
patiently() {
  read_clock
  until=$((CLOCK + $1))
  shift
  until refusal=$("$@"); do
    read_clock
    [ "$CLOCK" -lt "$until" ] || {
      say "$refusal"
      return 1
    }
    sleep 1
  done
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

# Another run may have made it one since the members were asked.
expect_new() {
  list_etcd || return 1
  [ -z "$(etcd_field "$PEER_URL" 4 1)" ] || {
    say "$NAME has become a member of etcd since this was planned; run converge again"
    return 1
  }
}

# Members go to a version together, a while after the last of them has it; the next release reads only what they write then.
has_settled() {
  choose_endpoint || return 1
  as_client ask_version "$ENDPOINT/version" 2>&1 || return 1
  tr -d ' ' <"$RUN/version" >"$RUN/version.plain"
  grep -q "\"etcdcluster\":\"$VERSION\\." "$RUN/version.plain" &&
    { ! grep -q '"storage":' "$RUN/version.plain" || grep -q "\"storage\":\"$VERSION\\." "$RUN/version.plain"; } ||
    {
      say "not all of the cluster is at $VERSION yet:"
      cat "$RUN/version"
      return 1
    }
}

ask_version() {
  case $1 in
    http:*) download "$1" "$RUN/version" ;;
    *)
      if command -v curl >/dev/null; then
        curl -fgsS --cacert "$ETCDCTL_CACERT" --cert "$ETCDCTL_CERT" --key "$ETCDCTL_KEY" -o "$RUN/version" -- "$1"
      else
        wget -q -T 30 "--ca-certificate=$ETCDCTL_CACERT" "--certificate=$ETCDCTL_CERT" "--private-key=$ETCDCTL_KEY" -O "$RUN/version" "$1"
      fi
      ;;
  esac
}

# etcd up to 3.5 logs requests in a form that 3.7 panics at. They are read again at a start unless a later state is on disk,
# which etcd writes after so many entries: once with a small number, by a drop-in that is gone after a reboot.
checkpoint_etcd() {
  grep -qF /0/members/ "$DATA"/wal/*.wal || return 0
  dropin=/run/systemd/system/$UNIT.d/converge-checkpoint.conf
  mkdir -p -- "${dropin%/*}" &&
    printf '%s\n' '[Service]' Environment=ETCD_SNAPSHOT_COUNT=1 ExecStart= "ExecStart=$FILE" >"$dropin" &&
    systemctl daemon-reload && systemctl restart "$UNIT" && patiently 60 has_checkpoint
  result=$?
  rm -f -- "$dropin" && systemctl daemon-reload && return "$result"
}
has_checkpoint() {
  as_client "$ETCDCTL" "--endpoints=${ENDPOINTS%%,*}" --command-timeout=5s endpoint health 2>&1 &&
    [ -n "$(find "$DATA/snap" -name '*.snap' -newer "$dropin")" ]
}

# The newest three are kept.
snapshot_etcd() {
  mkdir -p -- "$FILE" || return 1
  snapshot=$FILE/$(date -u +%Y%m%dT%H%M%SZ).db
  choose_endpoint || return 1
  call_etcdctl --command-timeout=120s snapshot save "$snapshot" 2>&1 &&
    chmod 0600 "$snapshot" && durable "$snapshot" "$FILE" || return 1
  # Names have no blanks: these are its own.
  # shellcheck disable=SC2012
  ls -r -- "$FILE" | sed -n '4,$p' | while read -r old; do rm -f -- "$FILE/$old"; done
}

# Its first start needs who is a member now.
join_etcd() {
  [ -z "$ID" ] || patiently 60 remove_known || return 1
  patiently 60 add_unknown && list_etcd || return 1
  cluster=$(say "$MEMBERS" | awk -F ', ' -v name="$NAME" -v own="$PEER_URL" '{
    n = split($4, urls, ",")
    for (i = 1; i <= n; i++) print (urls[i] == own ? name : ($3 == "" ? "unstarted-" $1 : $3)) "=" urls[i]
  }' | tr '\n' ',')
  rm -f -- "$R$FILE.new" &&
    printf '%s\n' "ETCD_INITIAL_ADVERTISE_PEER_URLS=$PEER_URL" "ETCD_INITIAL_CLUSTER=${cluster%,}" \
      ETCD_INITIAL_CLUSTER_STATE=existing >"$R$FILE.new" &&
    chmod 0644 "$R$FILE.new" && durable "$R$FILE.new" && mv -- "$R$FILE.new" "$R$FILE" && durable "$R${FILE%/*}"
}

remove_known() {
  list_etcd || return 1
  [ -z "$(etcd_field "$ID" 1 1)" ] || etcdctl member remove "$ID"
}

# A run that was killed after it was added has left it unstarted.
add_unknown() {
  list_etcd || return 1
  [ -n "$(etcd_field "$PEER_URL" 4 1)" ] || etcdctl member add "$NAME" "--peer-urls=$PEER_URL" --learner
}

promote_etcd() { patiently 240 promote_learner; }
promote_learner() {
  list_etcd || return 1
  case $(etcd_field "$PEER_URL" 4 6) in
    true) etcdctl member promote "$(etcd_field "$PEER_URL" 4 1)" ;;
    false) ;;
    *)
      say "$NAME is no member of etcd at $PEER_URL"
      return 1
      ;;
  esac
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
    as_client "$ETCDCTL" "--endpoints=$client" --dial-timeout=3s --command-timeout=5s move-leader "$heir" >/dev/null 2>&1 || :
  patiently 60 remove_known
}

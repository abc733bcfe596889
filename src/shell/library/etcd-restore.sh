# The operation `etcd-restore`: data of a snapshot takes the place of a member's data. Each action may be repeated.

# etcd-restore ACTION ID UNIT DATA ...: a host that was killed in the middle goes on.
is_etcd_restore() { return 1; }
do_etcd_restore() {
  action=$1 RESTORE=$2 UNIT=$3 DATA=$R$4
  shift 4
  ABOVE=${DATA%/*}
  PREPARED=$ABOVE/restore-$RESTORE
  # While it is there, the restore is not over, and systemd does not start etcd, after a reboot neither.
  DROPINS=$R/etc/systemd/system/$UNIT.d
  HOLD=$DROPINS/converge-restore.conf
  case $action in
    prepare) prepare_etcd "$@" ;;
    hold) hold_etcd ;;
    gather) gather "$1" ;;
    begin) begin_etcd ;;
  esac
}

# prepare_etcd SHA256 PROGRAM NAME PEER_URL CLUSTER TOKEN: what is there as a whole is from an earlier run.
prepare_etcd() {
  [ ! -s "$PREPARED/restore" ] || return 0
  # Who has begun and lost it must not begin again: it could have voted.
  [ ! -e "$HOLD" ] || ! grep -q "^# restore $RESTORE " "$HOLD" || {
    say "$PREPARED is gone; remove ${HOLD#"$R"}, and begin the restore again"
    return 1
  }
  snapshot=$STAGING/$1 sum=$(sums "$STAGING/$1") && [ "${sum%% *}" = "$1" ] || {
    say 'the snapshot has not arrived as it was sent'
    return 1
  }
  made=$PREPARED.new
  rm -rf -- "$made" || return 1
  # Revisions never go back, and who watches is told to read anew.
  later=
  ! ETCDCTL_API=3 "$2" snapshot restore --help 2>&1 | grep -q -- --bump-revision || later='--bump-revision=1000000000 --mark-compacted'
  # shellcheck disable=SC2086 # two words
  ETCDCTL_API=3 "$2" snapshot restore "$snapshot" --data-dir="$made" --name="$3" --initial-advertise-peer-urls="$4" \
    --initial-cluster="$5" --initial-cluster-token="$6" $later 2>&1 &&
    say "$RESTORE $1 $5" >"$made/${DATA##*/}/restored" && owner=$(stat -c %u:%g -- "$ABOVE") &&
    { ! can_own || chown -R -h "$owner" "$made"; } && say "$RESTORE $1 $5" >"$made/restore" &&
    sync && rm -rf -- "$PREPARED" && mv -- "$made" "$PREPARED" && durable "$ABOVE" || {
    rm -rf -- "$made"
    return 1
  }
}

hold_etcd() {
  restore=$(cat "$PREPARED/restore") || return 1
  (umask 022 && mkdir -p -- "$DROPINS") &&
    printf '[Unit]\n# restore %s\nAssertPathExists=!%s\n' "$restore" "${HOLD#"$R"}" >"$HOLD.new" &&
    chmod 0644 "$HOLD.new" && durable "$HOLD.new" && mv -- "$HOLD.new" "$HOLD" && durable "$DROPINS" "${DROPINS%/*}" &&
    systemctl daemon-reload || return 1
  case $(systemctl show -p LoadState -- "$UNIT") in
    LoadState=not-found) ;;
    *) systemctl stop -- "$UNIT" ;;
  esac
}

# gather SECONDS: converge says that all have come so far, or why not.
gather() {
  read_clock
  until=$((CLOCK + $1))
  until [ -s "$RUN/gathered" ]; do
    read_clock
    [ "$CLOCK" -lt "$until" ] || {
      say "converge did not say within $1 s that all members are prepared"
      return 1
    }
    sleep 1
  done
  read -r answer <"$RUN/gathered"
  [ "$answer" = all ] || {
    say "$answer"
    return 1
  }
}

# With what other restores have prepared that were given up.
begin_etcd() {
  if [ -d "$PREPARED/${DATA##*/}" ]; then
    if [ -e "$DATA" ] || [ -L "$DATA" ]; then
      [ ! -e "$DATA.before-$RESTORE" ] || {
        say "$DATA.before-$RESTORE is there already, and so is $DATA"
        return 1
      }
      mv -- "$DATA" "$DATA.before-$RESTORE" && durable "$ABOVE" || return 1
    fi
    mv -- "$PREPARED/${DATA##*/}" "$DATA" && durable "$ABOVE" "$PREPARED" || return 1
  fi
  grep -q "^$RESTORE " "$DATA/restored" || {
    say "$DATA is not from the restore $RESTORE"
    return 1
  }
  rm -f -- "$HOLD" && durable "$DROPINS" && { rmdir -- "$DROPINS" 2>/dev/null || :; } && systemctl daemon-reload &&
    rm -rf -- "$PREPARED" "$ABOVE"/restore-[0-9]*T[0-9]*Z "$ABOVE"/restore-[0-9]*T[0-9]*Z.new
}

# send_snapshot DIRECTORY: saves a snapshot in this new directory, which is the login user's. Only a member with a quorum has all.
send_snapshot() {
  choose_endpoint || {
    tell_etcdctl endpoint health
    return 1
  }
  own_directory "$1" && save_snapshot "$1/snapshot.db" && give_directory "$1" || {
    rm -rf -- "$1"
    return 1
  }
}

# send_survivor DIRECTORY UNIT DATA ETCD NAME: the same of a member without a quorum, also if it does not run: etcd is then made
# to begin alone with a copy, so that its data stays as it is.
send_survivor() {
  own_directory "$1" && {
    if reach_member; then
      save_snapshot "$1/snapshot.db"
    else
      unit_rests "$2" && copy_alone "$@"
    fi
  } && give_directory "$1" || {
    rm -rf -- "$1"
    return 1
  }
}

own_directory() { mkdir -m 0700 -- "$1" && cd -- "$1"; }
give_directory() { [ -z "${SUDO_UID-}" ] || ! can_own || chown -R -h "$SUDO_UID" "$1"; }

# Without a quorum nobody is well.
reach_member() {
  for ENDPOINT in $(say "$ENDPOINTS" | tr , ' '); do
    ! tell_etcdctl endpoint status >/dev/null || return 0
  done
  return 1
}

save_snapshot() { tell_etcdctl --command-timeout=1800s snapshot save "$1"; }

# A copy of what is written meanwhile is none.
unit_rests() {
  case $(systemctl show -p ActiveState -- "$1") in
    ActiveState=inactive | ActiveState=failed) ;;
    *)
      say "$1 runs and does not answer: stop it first, with systemctl stop $1"
      return 1
      ;;
  esac
}

# copy_alone DIRECTORY UNIT DATA ETCD NAME: its sockets are in the directory, so that nobody else reaches it.
copy_alone() {
  [ -d "$3/wal" ] || {
    say "there is no data in $3"
    return 1
  }
  mkdir -- data && cp -R -p -- "$3" data/ || return 1
  "$4" --name="$5" --data-dir=data --force-new-cluster --listen-client-urls=unix://client:1 --advertise-client-urls=unix://client:1 \
    --listen-peer-urls=unix://peer:1 --initial-advertise-peer-urls=http://127.0.0.1:1 --initial-cluster="$5=http://127.0.0.1:1" \
    >etcd.log 2>&1 &
  alone=$!
  ENDPOINTS=unix://client:1 ENDPOINT=unix://client:1 VARIABLES=/dev/null
  patiently 120 answers_alone && save_snapshot "$1/snapshot.db"
  result=$?
  kill "$alone" 2>/dev/null && wait "$alone"
  [ "$result" = 0 ] || tail -n 5 etcd.log
  rm -rf -- data etcd.log
  return "$result"
}

# An alarm makes it ill, but not wrong.
answers_alone() { etcdctl endpoint health || etcdctl get converge; }

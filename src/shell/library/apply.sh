# Carries out a plan (or a whole catalog): steps in order, each with its result; nothing more after a failure.

# Prepares what the launch would prepare, for a program without a controller.
prepare_alone() {
  # From a killed run with the same id.
  rm -rf -- "$RUN"
  # Only converge's own directory is private.
  [ -d "${STATE%/*}/" ] || (umask 022 && mkdir -p -- "${STATE%/*}/")
  mkdir -p -- "$STATE/run" && chmod 0700 "$STATE" && durable "$STATE" "${STATE%/*}/" && mkdir -m 0700 -- "$RUN" && mkfifo -m 0600 "$RUN/bell" || exit 70
  : >"$RUN/results"
}

# arm_revert SECONDS: the host undoes this apply unless it is confirmed in time. After a reboot the time begins anew, by a
# timer with a file, because the other one is gone then.
arm_revert() {
  [ -z "$FAILED" ] || return 0
  if [ "$INIT" != systemd ] || ! command -v systemd-run >/dev/null; then
    fail 0 'there is no systemd that could take the apply back' /dev/null
  elif ! write_boot_revert "$1" >"$RUN/output" 2>&1; then
    fail 0 'no timer can be set that would take the apply back after a reboot' "$RUN/output"
  elif ! systemd-run --quiet --collect --unit="converge-revert-$ID" --description="converge: back to before $ID" \
    --on-active="$1" --timer-property=AccuracySec=1s /bin/sh "$RUN/revert" >"$RUN/output" 2>&1; then
    fail 0 'no timer can be set that would take the apply back' "$RUN/output"
  else
    return 0
  fi
  disarm_revert "$ID"
}

# write_boot_revert SECONDS: on disk before the first change. systemd reads it when it boots.
write_boot_revert() {
  units=$R/etc/systemd/system name=converge-boot-revert-$ID
  program=$(say "$RUN/revert" | sed 's/[\\"]/\\&/g; s/[%$]/&&/g')
  (
    umask 022
    mkdir -p -- "$units/timers.target.wants" &&
      printf '[Unit]\nDescription=converge: back to before %s\n[Service]\nType=oneshot\nExecStart=/bin/sh "%s"\n' \
        "$ID" "$program" >"$units/$name.service" &&
      printf '[Unit]\nDescription=converge: back to before %s\n[Timer]\nOnActiveSec=%s\nAccuracySec=1s\n' \
        "$ID" "$1" >"$units/$name.timer" &&
      durable "$RUN/revert" "$RUN" "$STATE/run" "$units/$name.service" "$units/$name.timer" "$units" &&
      ln -sf -- "../$name.timer" "$units/timers.target.wants/$name.timer" &&
      durable "$units/timers.target.wants"
  )
}

# begin ID BY SINCE: lock, journal and results of this run. Ends the program if another apply holds the lock.
begin() {
  FAILED= OWED= NEXT_OWED= OWED_SO_FAR= RECORDS= NEXT_RECORDS= NEXT_WAS= QUEUED=0 NUMBER= BELLS=0 LAST= KEPT= STILL_OWED= UNSYNCED= STUCK= RAN= PACKAGES=0 REBOOTS= STAGING_IS_SAFE= UNDOES=${UNDOES-}
  exec 9<>"$RUN/bell"
  # Tells followers that the program has started, before it waits for the lock.
  printf '.\n' >&9
  if ! take_lock; then
    read_holder
    emit "locked $holder"
    finish locked
    # A portable program reports by its exit code: EX_TEMPFAIL.
    [ -z "$PORTABLE" ] || exit 75
    exit 0
  fi
  point 'locked'
  # After the lines of killed runs, which are replaced once those are cleaned up.
  say "$*" >>"$STATE/applying"
  clear_leftovers
  point 'leftovers cleared'
  say "$*" >"$STATE/applying"
  say "$$" >"$RUN/pid"
  emit started
  point 'started'
  allow_autostart
}

# Removes what interrupted runs left: temporary names and uploads.
clear_leftovers() {
  sweep_temporaries
  while read -r killed _; do
    [ "$killed" = "$ID" ] || for staged in "${STAGING%/*}"/converge-*-"$killed"; do rm_tree "$staged"; done
  done <"$STATE/applying"
  # Uploads whose controller died before it started a run. One of this cluster could only be refused after this apply;
  # those of others may still be in progress, unless they are old.
  for staged in "${STAGING%"$ID"}"????????-???????? "${STAGING%/*}"/converge-*-????????-????????; do
    case $staged in
      "$STAGING") ;;
      "${STAGING%"$ID"}"*) rm_tree "$staged" ;;
      *) [ -z "$(find "$staged" -prune -type d -mtime +0 2>/dev/null)" ] || rm_tree "$staged" ;;
    esac
  done
}

# take_staging: what another account has uploaded, before it is relied on: from here on only root can change which files there
# are. A file that its owner still has open is found out by its checksum, as a copy. Beside the uploads first, because only
# there is a move a rename: between file systems it would go by names that their owner could exchange.
take_staging() {
  [ "$UID_NUMBER" = 0 ] && [ -z "$PORTABLE" ] && [ -d "$STAGING" ] || return 0
  ! only_roots "${STAGING#"$R"}" || {
    STAGING_IS_SAFE=yes
    return 0
  }
  read_stats "$STAGING"
  read -r _ uid _ <<END
$looked
END
  [ "$uid" != 0 ] || return 0
  above=${STAGING%/*}
  above=${above#"$R"}
  {
    note_temporary "$above" && pin "$above" && mv -- "../${STAGING##*/}" ./staging && [ ! -L ./staging ] && chown -h 0:0 ./staging &&
      chmod 0700 ./staging && [ -z "$(find ./staging -mindepth 1 \( ! -type f -o ! -user "$uid" -o -links +1 \) | head -n 1)" ] &&
      mv -- ./staging "$RUN/staging"
  } >"$RUN/output" 2>&1 || fail 0 'the uploads were changed on the host by someone else' "$RUN/output"
  if [ -z "$FAILED" ]; then STAGING=$RUN/staging STAGING_IS_SAFE=yes; elif [ -n "$PINNED" ]; then rm_tree ./staging; fi
  leave
}

# finish OUTCOME
finish() {
  [ ! -s "$RUN/await" ] || : >"$RUN/await"
  # Of what the last step printed, no more is ever shown.
  [ ! -s "$RUN/output" ] || { tail -c 8192 "$RUN/output" >"$RUN/last" && mv -f -- "$RUN/last" "$RUN/output"; } || rm -f -- "$RUN/output"
  leave
  case $STAGING_IS_SAFE$STAGING in
    yes*) rm -rf -- "$STAGING" ;;
    */converge-*) rm_tree "$STAGING" ;;
  esac
  point 'staging removed'
  [ -z "$UNDOES" ] || disarm_revert "$UNDOES"
  [ "$1" = locked ] || {
    # A failed step may not have cleaned up.
    [ -z "$FAILED" ] || sweep_temporaries
    [ ! -s "$STATE/temporaries" ] || printf '%s' "$STUCK" >"$STATE/temporaries"
    : >"$STATE/applying"
  }
  point 'no longer applying'
  exec 8>&-
  emit "end $1"
  point 'ended'
}

# end_of_steps: flushes the queue; a failed run keeps its journal for the next one.
end_of_steps() {
  [ -n "$FAILED" ] || flush
  if [ -z "$FAILED" ]; then
    point 'before the journal is emptied'
    if [ -n "$STILL_OWED" ]; then
      rewrite_or_fail "$CLUSTER/journal" "converge-journal 1$NL$STILL_OWED"
    elif [ -s "$CLUSTER/journal" ]; then
      : >"$CLUSTER/journal"
    fi
    point 'journal emptied'
  fi
  if [ -n "$FAILED" ]; then
    finish failed
  else
    finish ok
    [ -z "$REBOOTS" ] || order_reboot
  fi
}

# fail NUMBER PROBLEM OUTPUT-FILE: ends the run at that step; what it printed is quoted.
fail() {
  FAILED=yes
  emit "fail $1 $2"
  # For those who ask later.
  [ ! -d "${GENERATION-}" ] || say "${PORTABLE:+-}$1 $2" 2>/dev/null >"$GENERATION/failed" || :
  if [ -s "$3" ]; then
    quote_file "$3" >>"$RUN/results"
  else
    # A full disk may have lost its output.
    why=$(why_not "$STATE")
    [ -z "$why" ] || say "| cannot write to $STATE$why" >>"$RUN/results"
  fi
}

# step NUMBER OPERATION ARGUMENT ...
step() {
  [ -z "$FAILED" ] || return 0
  # The queue's paths are the words of one command, of which a system takes no more than ARG_MAX bytes.
  joins "$@" || flush
  [ -z "$FAILED" ] || return 0
  NUMBER=$1 operation=$2 LAST= WAS=$NEXT_WAS NEXT_WAS=
  shift 2
  if [ -n "$PORTABLE" ]; then
    find_way
    if [ -z "$WAY" ] && "is_$operation" "$@" >/dev/null 2>&1; then
      emit "same $NUMBER"
      NEXT_OWED= NEXT_RECORDS= LAST=skipped
      return 0
    fi
    before_change "$NUMBER" "$operation"
    [ -z "$FAILED" ] || return 0
    [ -z "$WAY" ] || set -- "$@" "$WAY"
  fi
  emit "start $NUMBER"
  point "before $operation $NUMBER"
  if [ "$operation" != write ] && [ "$operation" != package ]; then
    OWED=$OWED$NEXT_OWED RECORDS=$RECORDS$NEXT_RECORDS NEXT_OWED= NEXT_RECORDS=
    journal_now || {
      fail "$NUMBER" 'the journal cannot be written' /dev/null
      return 0
    }
    point "journal durable before $operation $NUMBER"
  fi
  if "do_$operation" "$@" >"$RUN/output" 2>&1 8>&- 9>&-; then
    LAST=done
    # Other tools do not sync.
    case $operation in unit | remove_user | remove_group | remove_package) UNSYNCED=yes ;; esac
    point "acted $operation $NUMBER"
    case $operation in write | package) ;; *) emit "done $NUMBER" ;; esac
  else
    result=$?
    NEXT_OWED= NEXT_RECORDS=
    # What was queued earlier comes first.
    flush
    case $operation in
      run | await | user | group | unit | *_*) ;;
      *) [ -n "$FAILED" ] || tell_attributes "$RUN/output" "$1" ;;
    esac
    [ -n "$FAILED" ] || fail "$NUMBER" "exit $result" "$RUN/output"
  fi
  case $operation in
    write | package) return ;;
    restore | download | remove | mkdir | edit | await | record | daemon_reload) ;;
    # They may change whose a directory is.
    attributes | link | archive | checkout) forget_ways ;;
    *)
      case $operation-${2-} in
        unit-enable | unit-disable) ;;
        *)
          forget_ways
          RAN=yes
          ;;
      esac
      ;;
  esac
  leave
}

# Whether a step is carried out together with those that are queued.
joins() {
  case $2 in
    write) [ "$PACKAGES" -eq 0 ] && [ "$QUEUED" -lt 200 ] && joins_queue "$3" ;;
    package) [ "$QUEUED" -eq 0 ] && [ "$PACKAGES" -lt 200 ] && { [ "$PACKAGES" -eq 0 ] || [ "$PACKAGES_ALIKE" = "$3 $4" ]; } ;;
    *) return 1 ;;
  esac
}

# Carries out what is queued: writes or packages, never both.
flush() {
  flush_writes
  flush_packages
}

# was STATE: as the plan saw the path of the next step.
was() { NEXT_WAS=$1; }

# guarded CONDITION ARGUMENT ... step NUMBER OPERATION ARGUMENT ... : evaluates one condition.
guarded() {
  [ -z "$FAILED" ] || return 0
  flush
  [ -z "$FAILED" ] || return 0
  condition=$1 argument=$2
  shift 2
  case $condition in
    only_if | unless) timed_command 10 "$argument" >/dev/null 2>&1 8>&- 9>&- ;;
    exists | absent) [ -e "$R$argument" ] || [ -L "$R$argument" ] ;;
    running) unit_is_running "$argument" ;;
    # shellcheck disable=SC2086 # paths of units have no blanks
    reinstalls) changes_install $argument ;;
    loaded) [ "$INIT" != systemd ] || [ "$(systemctl show -p LoadState -- "$argument")" != LoadState=not-found ] ;;
  esac
  case $condition-$? in
    only_if-124 | unless-124) no_answer "$@" ;;
    unless-0 | absent-0) skip "$@" ;;
    unless-* | absent-* | *-0) "$@" ;;
    *) skip "$@" ;;
  esac
}

# A unit between two start attempts counts as running, as in the plan.
unit_is_running() {
  [ "$INIT" = systemd ] || return 1
  case $(systemctl show -p ActiveState -- "$1") in
    ActiveState=active | ActiveState=activating | ActiveState=reloading) ;;
    *) return 1 ;;
  esac
}

# no_answer ... step NUMBER ...: the guard timed out; what the step would settle stays owed.
no_answer() {
  while [ "$1" != step ]; do shift; done
  NEXT_OWED= NEXT_RECORDS=
  fail "$2" 'its guard timed out after 10 seconds' /dev/null
}

# when_owed ACTION RESOURCE step NUMBER OPERATION ARGUMENT ... : only if a change of this run earned it.
when_owed() {
  [ -z "$FAILED" ] || return 0
  flush
  [ -z "$FAILED" ] || return 0
  if was_earned "$1" "$2"; then
    shift 2
    "$@"
  else
    skip "$@"
  fi
}

# unless_skipped step NUMBER OPERATION ARGUMENT ... : only if the step before it was done.
unless_skipped() {
  [ -z "$FAILED" ] || return 0
  if [ "$LAST" = skipped ]; then skip "$@"; else "$@"; fi
}

# skip ... step|back NUMBER ...: the step is not done, and owes nothing.
skip() {
  while [ "$1" != step ] && [ "$1" != back ]; do shift; done
  NEXT_OWED= NEXT_RECORDS= NEXT_WAS= LAST=skipped
  emit "skip $2"
}

# owe ACTION RESOURCE: what the next step earns.
owe() { NEXT_OWED="${NEXT_OWED}owe $1 $2$NL"; }

# settle ACTION RESOURCE: notes in the journal that it was carried out.
settle() {
  [ -z "$FAILED" ] || return 0
  if [ -s "$CLUSTER/journal" ]; then
    # Syncs what a command wrote, because nothing will repeat it.
    [ "$1" != run ] || sync
    point "before $1 $2 is struck out"
    # A torn line must not swallow this one.
    say "${NL}settled $1 $2" >>"$CLUSTER/journal"
    point "struck out $1 $2"
  fi
  forget "$1" "$2"
}

# settle_earned ACTION RESOURCE: what was not owed is not noted.
settle_earned() { ! was_earned "$1" "$2" || settle "$1" "$2"; }

# absorb ACTION RESOURCE: after a step that was done now; the fresh process has read everything.
absorb() { [ "$LAST" != done ] || settle_earned "$1" "$2"; }

was_earned() {
  case $NL$OWED_SO_FAR in *"${NL}owe $1 $2$NL"*) ;; *) return 1 ;; esac
}

forget() {
  while was_earned "$1" "$2"; do
    OWED_SO_FAR=${OWED_SO_FAR%%"owe $1 $2$NL"*}${OWED_SO_FAR#*"owe $1 $2$NL"}
  done
}

# still_owed ACTION RESOURCE: it stays in the journal, unless it was settled there.
still_owed() {
  said=
  if [ -s "$CLUSTER/journal" ]; then
    while read -r verb action resource; do
      [ "$action $resource" != "$1 $2" ] || said=$verb
    done <"$CLUSTER/journal"
  fi
  [ "$said" != owe ] || STILL_OWED="${STILL_OWED}owe $1 $2$NL"
}

# expect_journal TEXT: the notifications that the plan saw as pending are still the same.
expect_journal() {
  journal=
  [ ! -s "$CLUSTER/journal" ] || journal=$(cat "$CLUSTER/journal")
  [ "$journal" = "$1" ] || refuse 'the journal: another run changed what is pending'
}

# expect_paths PATH STATE ... : each path is still as the plan saw it. STATE is `absent`, `link TARGET`,
# `file MODE UID GID SUM`, `directory MODE UID GID` or `other`.
expect_paths() {
  # First the paths that exist, then the regular files among them, each by one process.
  looked= found= existing= flags= files= noted=$NL ways= at=1
  while [ "$at" -lt $# ]; do
    eval "path=\$R\${$at}"
    name="\"\$R\${$at}\""
    if [ -f "$path" ] && [ ! -L "$path" ]; then
      existing="$existing $name" flags="${flags}f " files="$files $name"
      note_way "${path%/*}" "\$R\${$at%"
    elif [ -d "$path" ] && [ ! -L "$path" ]; then
      existing="$existing $name" flags="$flags- "
    fi
    at=$((at + 2))
  done
  [ -z "$existing" ] || {
    # For take_staging.
    inside=$STAGING/
    [ ! -d "$STAGING" ] || note_way "$STAGING" "\${inside%"
    look_at "$@"
  }
  [ -z "$files" ] || {
    read_sizes
    eval "sums_of $total $files" || {
      eval "find_slow $files"
      refuse "$SLOW"
      return 0
    }
  }
  compare_paths "$@" '' 3<<STATS 4<<SUMS
$looked
STATS
$found
SUMS
}

compare_paths() {
  while [ -n "$1" ]; do
    path=$R$1
    if [ -L "$path" ]; then
      target=$(readlink "$path" && printf x)
      found="link ${target%"${NL}x"}"
    elif [ -f "$path" ]; then
      read -r mode uid gid _ <&3
      pad_mode
      read -r sum _ <&4
      found="file $mode $uid $gid ${sum#\\}"
    elif [ -d "$path" ]; then
      read -r mode uid gid _ <&3
      pad_mode
      found="directory $mode $uid $gid"
    elif [ -e "$path" ]; then
      found=other
    else
      found=absent
    fi
    [ "$found" = "$2" ] || refuse "$1: the plan saw $2, now it is $found"
    shift 2
  done
}

refuse() {
  FAILED=refused
  say "$1" >"$RUN/output"
  quote_file "$RUN/output" >>"$RUN/results"
}

# Ends the program if an expectation did not hold; nothing was changed.
stop_if_refused() {
  if [ "$FAILED" = refused ]; then
    finish refused
    exit 0
  fi
}

# converge's own state on the host: lock, journal, results. STATE is the state directory, below the root prefix.

# Makes file contents and directory entries survive a power loss. coreutils before 8.24 and small busyboxes know only
# the full sync, and some file systems have none for directories. But a failed write must fail here: the full sync
# would not report it.
durable() {
  trouble=$(sync -- "$@" 2>&1) && return
  case $trouble in
    *'Input/output error'* | *'I/O error'* | *'No space left'* | *'uota exceeded'* | *'Read-only file system'*)
      say "$trouble" >&2
      return 1
      ;;
  esac
  sync
}

# stop_revert NAME: succeeds if its timer had not fired.
stop_revert() {
  [ "$(systemctl show -p SubState "$1.timer")" = SubState=waiting ] && systemctl stop "$1.timer" &&
    [ "$(systemctl show -p ActiveState "$1.service")" = ActiveState=inactive ]
}

# disarm_revert ID: it is no longer taken back after a reboot.
disarm_revert() {
  units=$R/etc/systemd/system name=converge-boot-revert-$1
  rm -f -- "$units/timers.target.wants/$name.timer" "$units/$name.timer" "$units/$name.service"
  durable "$units/timers.target.wants" "$units"
  [ "${INIT-systemd}" = systemd ] || return 0
  # systemd may have read them at a boot or a daemon-reload.
  case $(systemctl show -p LoadState "$name.timer") in
    *=loaded) systemctl stop "$name.timer" && systemctl daemon-reload ;;
  esac
}

# The kernel frees the lock when its owner dies, so that there is no stale lock. Steps run without fd 8.
take_lock() {
  exec 8>>"$STATE/lock"
  waited=0
  until try_lock; do
    [ "$waited" -lt "$LOCK_WAIT" ] || return 1
    waited=$((waited + 1))
    sleep 1
  done
}

try_lock() {
  if command -v flock >/dev/null; then
    flock -n 8
  else
    # No flock (macOS): a directory with the process id of its owner, which shows whether that is alive.
    mkdir "$STATE/lock.d" 2>/dev/null || {
      owner=
      [ ! -r "$STATE/lock.d/pid" ] || read -r owner <"$STATE/lock.d/pid"
      [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null && rm -rf "$STATE/lock.d" && mkdir "$STATE/lock.d"
    } && say "$$" >"$STATE/lock.d/pid"
  fi
}

# The files of a killed owner close one by one: following may end shortly before the lock is free.
lock_is_free() { lock_seems_free || { sleep 0.1 && lock_seems_free; }; }

lock_seems_free() {
  if command -v flock >/dev/null; then
    [ ! -e "$STATE/lock" ] || flock -n "$STATE/lock" true
  else
    owner=
    [ -r "$STATE/lock.d/pid" ] && read -r owner <"$STATE/lock.d/pid"
    [ -z "$owner" ] || ! kill -0 "$owner" 2>/dev/null
  fi
}

# A result line, then a ring on the bell that wakes followers. There may be none: the pipe must not fill up.
emit() {
  told=$*
  # A path or a command may contain line breaks.
  while :; do
    case $told in
      *"$NL"*) told="${told%%"$NL"*} ${told#*"$NL"}" ;;
      *) break ;;
    esac
  done
  say "$told" >>"$RUN/results"
  [ -z "$PORTABLE" ] || say "$told"
  BELLS=$((BELLS + 1))
  [ "$BELLS" -gt 30000 ] || printf '.\n' >&9
}

# Adds what is owed to the journal; the caller makes it durable.
journal_owed() {
  [ -d "$CLUSTER" ] || mkdir -p -- "$CLUSTER" || return 1
  [ -s "$CLUSTER/journal" ] || say 'converge-journal 1' >"$CLUSTER/journal" || return 1
  point 'journal begun'
  # A line that a kill tore must not swallow the next one.
  printf '%s' "$NL$OWED" >>"$CLUSTER/journal" || return 1
  point 'journal written'
  OWED_SO_FAR=$OWED_SO_FAR$OWED OWED=
}

# The same at once, before an act that is not a write.
journal_now() {
  set --
  if [ -n "$OWED" ]; then
    journal_owed || return 1
    set -- "$CLUSTER/journal" "$CLUSTER"
  fi
  if [ -n "$RECORDS" ]; then
    record_now || return 1
    set -- "$@" "$CLUSTER/manifest" "$CLUSTER"
  fi
  if [ -n "$KEPT" ]; then
    kept_files
    eval "set -- \"\$@\" $kept"
  fi
  [ $# -eq 0 ] || durable "$@"
}

# kill_session PID: the program leads a session of its own, and whatever it has started is in it; a process group is not
# enough, because `timeout` makes one of its own.
kill_session() {
  for process in /proc/[0-9]*; do
    if read -r status 2>/dev/null <"$process/stat"; then
      # After the name, which may contain anything: state, parent, process group, session.
      read -r _ _ _ session _ <<END
${status##*) }
END
      [ "$session" != "$1" ] || kill -KILL "${process##*/}" 2>/dev/null
    fi
  done
  kill -KILL -- "-$1" 2>/dev/null || :
}

# Sets `holder` to the line of the apply that holds the lock: the last one. Those of killed runs come before it until it
# has cleaned up, and their process ids may have been reused.
read_holder() {
  holder=
  if [ -r "$STATE/applying" ]; then
    while IFS= read -r line || [ -n "$line" ]; do holder=$line; done <"$STATE/applying"
  fi
}

# unlock: stops the apply that holds the lock, with all that it has started, and prints whose it was.
unlock() {
  if lock_is_free; then
    say free
    return 0
  fi
  read_holder
  id=${holder%% *} pid=
  [ ! -r "$STATE/run/$id/pid" ] || read -r pid <"$STATE/run/$id/pid"
  if [ -z "$R" ] && [ -d /run/systemd/system ] && systemctl is-active --quiet "converge-apply-$id.service"; then
    systemctl kill --signal=KILL "converge-apply-$id.service"
  elif [ -n "$pid" ]; then
    kill_session "$pid"
  fi
  tries=0
  until lock_is_free; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || {
      say "held $holder"
      return 0
    }
    sleep 0.1
  done
  say "ended $holder"
}

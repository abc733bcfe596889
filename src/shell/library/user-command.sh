# Runs a command of the user, or what reads a file of theirs, within a time limit.

CONVERGE_TIMEOUT=unknown

# Sets CONVERGE_TIMEOUT to the words before a number of seconds and a command that limit it, empty if the host has none.
# What ignores SIGTERM gets SIGKILL two seconds later. An older busybox has no -k: there it is SIGKILL at once; one that
# is older still wants -t.
find_timeout() {
  [ "$CONVERGE_TIMEOUT" = unknown ] || return 0
  for CONVERGE_TIMEOUT in 'timeout -k 2' 'timeout -s KILL' 'timeout -s KILL -t' ''; do
    # shellcheck disable=SC2086
    [ -z "$CONVERGE_TIMEOUT" ] || ! $CONVERGE_TIMEOUT 9 true 2>/dev/null || return 0
  done
}

# Less than an inspection may take.
READ_SECONDS=40

# sums_of BYTES FILE ... : sets `found` to their sums; fails if that takes too long. What has few bytes, in directories that were found
# to be root's alone, takes no process to watch it.
sums_of() {
  few=$1
  shift
  [ "$few" -le 67108864 ] || few=
  for summed; do
    summed=${summed%/*}
    case $ROOTS in *"$NL${summed#"$R"}//$NL"*) ;; *) few= ;; esac
  done
  if [ -n "$few" ]; then found=$(sums "$@") || :; else sums_in_time "$@"; fi
}

# sums_in_time FILE ... : the same within a time limit. The owner of a directory may put a pipe in the place of a file at any moment, or
# a file without an end.
sums_in_time() {
  within=$CONVERGE_TIMEOUT
  # To try what the host has would take processes.
  [ "$within" != unknown ] || within='timeout -k 2'
  found=$(WITHIN=${within:+$within $READ_SECONDS} && sums "$@")
  case $?-$CONVERGE_TIMEOUT-$found in
    124-* | 137-* | 143-*) return 1 ;;
    0-unknown-*) CONVERGE_TIMEOUT=$within ;;
    *-unknown-) find_timeout && sums_in_time "$@" ;;
  esac
}

# find_slow PATH ... : sets SLOW to those that were not read in time: in a directory of others one that is no file any more, else all.
find_slow() {
  SLOW=
  for path; do
    above=${path%/*}
    [ -e "$path" ] && [ ! -d "$path" ] && ! only_roots "${above#"$R"}" || continue
    [ -f "$path" ] || {
      SLOW=${path#"$R"}
      break
    }
    SLOW=$SLOW${SLOW:+, }${path#"$R"}
  done
  SLOW="${SLOW:-${1#"$R"} or a file after it} cannot be read within $READ_SECONDS s"
}

# shell_command COMMAND [WRAPPER ...]: in a root tree it sees that tree: by chroot if that is possible, else through
# CONVERGE_ROOT. The wrapper's words come before the shell. The umask is the usual one, not the one of converge's own state.
shell_command() {
  command="umask 022$NL$1"
  shift
  if [ -n "$R" ] && [ "$UID_NUMBER" = 0 ] && [ -x "$R/bin/sh" ]; then
    CONVERGE_ROOT='' "$@" chroot "$R" /bin/sh -c "$command" </dev/null
  else
    CONVERGE_ROOT=$R "$@" /bin/sh -c "$command" </dev/null
  fi
}

# timed_command SECONDS COMMAND: exit 124 if it has not ended by then.
timed_command() {
  find_timeout
  [ -n "$CONVERGE_TIMEOUT" ] || {
    shell_command "$2"
    return
  }
  read_clock
  overtime=$((CLOCK + $1))
  # shellcheck disable=SC2086
  shell_command "$2" $CONVERGE_TIMEOUT "$1"
  result=$?
  # busybox passes the signal's code on, and so does coreutils for SIGKILL.
  case $result in
    137 | 143)
      read_clock
      [ "$CLOCK" -lt "$overtime" ] || result=124
      ;;
  esac
  return "$result"
}

# The operations that run a command of the user.

# record: its manifest lines are on disk before it.
is_record() { return 1; }
do_record() { :; }

# run TIMEOUT CWD USER COMMAND TRAITS [NAME=VALUE ...]; TRAITS are `sensitive` and `live`: not in a root tree.
is_run() {
  case $5 in
    *live) [ -n "$R" ] ;;
    *) return 1 ;;
  esac
}
do_run() {
  # chroot(8) starts at the root, so the command changes to its directory.
  enter=/
  [ -z "$2" ] || enter=$(quote_word "$2")
  enter="cd -- \"\${CONVERGE_ROOT-}\"$enter || exit$NL"
  inner=$4
  # The command's own shell reads the variables from a descriptor, past all that clears the environment on the way there:
  # every user of the host can read the words of a command.
  [ $# -eq 5 ] || inner="eval \"\$(cat <&3 || echo exit 127)\"; exec 3<&-$NL$4"
  if [ -z "$3" ]; then
    inner=$enter$inner
  elif command -v runuser >/dev/null; then
    inner="${enter}exec runuser -u $(quote_word "$3") -- /bin/sh -c $(quote_word "$inner")"
  else
    inner="${enter}exec su -s /bin/sh -c $(quote_word "$inner") $(quote_word "$3")"
  fi
  case $5 in
    sensitive*) run_with_variables "$1" "$inner" "$@" >/dev/null 2>&1 ;;
    *) run_with_variables "$1" "$inner" "$@" ;;
  esac || {
    result=$?
    [ "$result" -ne 124 ] || say "stopped after $1 seconds"
    [ "${5#sensitive}" = "$5" ] || say 'the command is sensitive: its output is neither shown nor kept'
    return "$result"
  }
}

# run_with_variables SECONDS COMMAND, then the words of run.
run_with_variables() {
  timed_command "$1" "$2" 3<<END
$(shift 7 && export_lines "$@")
END
}

export_lines() {
  for variable; do
    printf 'export %s=' "${variable%%=*}"
    quote_word "${variable#*=}"
    printf '\n'
  done
}

# With a last character to lose: `$(...)` drops newlines at the end, which a directory's name may have.
quote_word() {
  quoted=$(printf '%sx' "$1" | sed "s/'/'\\\\''/g")
  printf "'%s'" "${quoted%x}"
}

# await TIMEOUT COMMAND [UNIT]: a try may take 10 s, and the last one ends with the timeout.
is_await() { timed_command 10 "$2" >/dev/null 2>&1; }
do_await() {
  read_clock
  deadline=$((CLOCK + $1)) left=$1
  while [ "$left" -gt 0 ]; do
    [ "$left" -le 10 ] || left=10
    ! timed_command "$left" "$2" >"$RUN/await" 2>&1 || return 0
    read_clock
    left=$((deadline - CLOCK))
    [ "$left" -le 0 ] || {
      sleep 1
      left=$((left - 1))
    }
  done
  say "still failing after $1 seconds: $2"
  # What is shown of a failure has room for this and for the unit.
  tail -n 15 "$RUN/await" | tail -c 3072
  [ $# -lt 3 ] || unit_said "$3"
  return 1
}

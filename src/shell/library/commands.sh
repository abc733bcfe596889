# The operations that run a command of the user.

# record: its manifest lines are on disk before it.
is_record() { return 1; }
do_record() { :; }

# run TIMEOUT CWD USER COMMAND [NAME=VALUE ...]
is_run() { return 1; }
do_run() {
  # chroot(8) starts at the root, so the command changes to its directory.
  enter=/
  [ -z "$2" ] || enter=$(quote_word "$2")
  enter="cd -- \"\${CONVERGE_ROOT-}\"$enter || exit$NL"
  exports=
  if [ $# -gt 4 ]; then exports=$(export_lines "$@"); fi
  if [ -z "$3" ]; then
    timed_command "$1" "$enter$exports$4"
  elif command -v runuser >/dev/null; then
    timed_command "$1" "${enter}exec runuser -u $(quote_word "$3") -- /bin/sh -c $(quote_word "$exports$4")"
  else
    timed_command "$1" "${enter}exec su -s /bin/sh -c $(quote_word "$exports$4") $(quote_word "$3")"
  fi || {
    result=$?
    [ "$result" -ne 124 ] || say "stopped after $1 seconds"
    return "$result"
  }
}

# The variables are exported by the command's own shell, past all that clears the environment on the way there. `$(...)`
# drops newlines at the end, so that the last line is followed by something.
export_lines() {
  shift 4
  for variable; do
    printf 'export %s=' "${variable%%=*}"
    quote_word "${variable#*=}"
    printf '\n'
  done
  printf ':\n '
}

# With a last character to lose: `$(...)` drops newlines at the end, which a directory's name may have.
quote_word() {
  quoted=$(printf '%sx' "$1" | sed "s/'/'\\\\''/g")
  printf "'%s'" "${quoted%x}"
}

# await TIMEOUT COMMAND: a try may take 10 s, and the last one ends with the timeout.
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
  cat "$RUN/await"
  return 1
}

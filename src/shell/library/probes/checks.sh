# inspect_checks COMMAND ... : one line of 0 (it exited 0) and 1.
inspect_checks() {
  answers=
  for check; do
    if timed_command 10 "$check" >/dev/null 2>&1; then answers="$answers 0"; else answers="$answers 1"; fi
  done
  say "checks$answers"
}

# inspect_member UNIT COMMAND: how the health probe of a member ends, the end of what it prints, and what systemd says.
inspect_member() {
  printed=$(timed_command 10 "$2" 2>&1)
  say "exit $?"
  say_block printed "$(say "$printed" | tail -n 20 | tail -c 4096)"
  say_block unit "$(unit_said "$1")"
}

# say_block WORD TEXT: the length of the text, and the text.
say_block() {
  say "$1 $(($(printf %s "$2" | wc -c)))"
  say "$2"
}

# inspect_checks COMMAND ... : one line of 0 (it exited 0) and 1.
inspect_checks() {
  answers=
  for check; do
    if timed_command 10 "$check" >/dev/null 2>&1; then answers="$answers 0"; else answers="$answers 1"; fi
  done
  say "checks$answers"
}

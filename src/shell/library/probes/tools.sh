# inspect_tools NAME ... : one line of 0 (the host has it) and 1. No process is started.
inspect_tools() {
  answers=
  for tool; do
    if command -v "$tool" >/dev/null; then answers="$answers 0"; else answers="$answers 1"; fi
  done
  say "tools$answers"
}

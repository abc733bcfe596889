# inspect_answers COMMAND ... : for each `answer no`, or `answer yes`, its output with a blank before each line, and a line `.`
inspect_answers() {
  for question; do
    if answer=$(timed_command 20 "$question" 2>/dev/null); then
      say 'answer yes'
      say "$answer" | sed 's/^/ /'
      say .
    else
      say 'answer no'
    fi
  done
}

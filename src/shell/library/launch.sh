# Starts the apply program so that nothing of the connection can end it, and follows its results. The program is on disk
# in RUN/program; it writes RUN/results and rings RUN/bell after each line.
umask 077
LC_ALL=C
export LC_ALL
NL='
'

# Nothing was started, so the uploads are removed.
complain() {
  printf '%s\n' "$*" >&2
  rm -rf -- "$RUN"
  case $STAGING in */converge-*) rm -rf -- "$STAGING" ;; esac
  exit 70
}

# Whether this run is still to be started: a lost connection may have started it.
prepare_run() {
  [ ! -d "$RUN" ] || return 1
  # Only converge's own directory is private.
  [ -d "${STATE%/*}/" ] || (umask 022 && mkdir -p -- "${STATE%/*}/")
  # What is in it is private by itself.
  [ -d "$STATE/run" ] || {
    mkdir -p -- "$STATE/run" || complain "the state directory $STATE cannot be created"
    chmod 0700 "$STATE" || complain "the state directory $STATE cannot be made private"
  }
  # Results of earlier runs are no longer needed; the last few are kept for debugging.
  prune_runs "$STATE"/run/*
  mkdir -m 0700 -- "$RUN" || {
    [ ! -d "$RUN" ] || return 1
    complain "cannot write to $STATE$(why_not "$STATE")"
  }
  mkfifo -m 0600 "$RUN/bell" || complain "cannot write to $STATE$(why_not "$STATE")"
  # Held open until the program holds it, too: from then on an end of file means that the program has ended.
  exec 9<>"$RUN/bell" 7<"$RUN/bell"
  : >"$RUN/results" || complain "cannot write to $STATE$(why_not "$STATE")"
}

prune_runs() {
  # Never the running one, whose id may sort first if the clock of its controller is slow.
  active=
  [ ! -s "$STATE/applying" ] || while read -r run _; do active="$active $run "; done <"$STATE/applying"
  while [ $# -gt 5 ]; do
    case $active in *" ${1##*/} "*) ;; *) rm -rf -- "$1" ;; esac
    shift
  done
}

launch() {
  if [ -z "$R" ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    systemd-run --quiet --collect --unit="converge-apply-$ID" --description="converge apply $ID" \
      --property=KillMode=process /bin/sh "$RUN/program" 2>"$RUN/errors" 7<&- 9>&- ||
      complain "systemd-run failed: $(cat "$RUN/errors")"
  else
    # It inherits the open bell, so that following ends even if it dies before its first line.
    if command -v setsid >/dev/null; then
      setsid /bin/sh "$RUN/program" </dev/null >/dev/null 2>"$RUN/errors" 7<&- &
    else
      nohup /bin/sh "$RUN/program" </dev/null >/dev/null 2>"$RUN/errors" 7<&- &
    fi
    exec 9>&-
  fi
}

# Prints the results from the first line on, as they come, until the program has ended; `last` is the last of them.
follow() {
  exec 6<"$RUN/results"
  partial= last=
  drain
  while read -r _ <&7; do
    exec 9>&-
    drain
  done
  drain
  [ ! -s "$RUN/errors" ] || cat "$RUN/errors" >&2
}

drain() {
  while IFS= read -r line <&6; do
    last=$partial$line partial=
    printf '%s\n' "$last"
  done
  partial=$partial$line
}

# Follows a run that another connection started to its end, even if it has already ended.
rejoin() {
  tries=0
  until [ -e "$RUN/results" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || {
      printf 'run %s was never started\n' "$ID" >&2
      exit 70
    }
    sleep 0.1
  done
  # Opened for writing, too, so that opening does not wait for a writer.
  exec 9<>"$RUN/bell" 7<"$RUN/bell" 9>&-
  follow
}

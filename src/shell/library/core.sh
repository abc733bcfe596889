# The host-side library: settings and words that every program shares. POSIX sh, run by dash, busybox ash and bash.
# Builtins do the work where possible: on a host with many resources processes are the main cost.
set -u
LC_ALL=C
export LC_ALL
umask 077
# A transient unit, sudo and a rescue shell each bring another PATH.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# Every path is below this prefix: empty on a booted host, a directory for images and embedded hosts.
R=${CONVERGE_ROOT-}
R=${R%/}
NL='
'

say() { printf '%s\n' "$*"; }

# point WORDS: a moment between two acts, named for people. Tests redefine this to die at a chosen one.
point() { :; }

# The last lines of a text file, each marked as quoted, so that no output of a command is taken for a result line.
# Each line ends with a newline, even if the command omitted the last one, so that a result line can follow.
quote_file() {
  tail -n 40 "$1" | tail -c 8192 | tr -d '\000' | while IFS= read -r line || [ -n "$line" ]; do say "| $line"; done
}

# Numeric user id, on Linux without a process.
read_uid() {
  UID_NUMBER=
  if [ -r /proc/self/status ]; then
    while read -r key _ effective _; do
      [ "$key" != Uid: ] || UID_NUMBER=$effective
    done </proc/self/status
  fi
  [ -n "$UID_NUMBER" ] || UID_NUMBER=$(id -u)
}

# Sets INIT: `systemd` runs, `offline` (a root tree that is not booted), or `none`.
read_init() {
  if [ -n "$R" ]; then
    # A root tree may carry a stale /run; only an embedded host has a stand-in that may be asked.
    if [ -n "${CONVERGE_EMBEDDED-}" ]; then INIT=systemd; else INIT=offline; fi
  elif [ -d /run/systemd/system ]; then
    INIT=systemd
  else
    INIT=none
  fi
}

# Whether owner and group can be set at all: in a root tree that another user than root works on, they cannot.
can_own() { [ -z "$R" ] || [ "$UID_NUMBER" = 0 ]; }

# The words before a command that limits its time.
WITHIN=

# SHA-256 of the files, one line each, the sum first. It ends the subshell in which it is called, which saves a process.
sums() {
  case $* in
    # busybox prints line breaks in a name as they are.
    *"$NL"*)
      for file; do
        sum=$(sum_them "$file") || return
        say "${sum%%"$NL"*}"
      done
      ;;
    *) sum_them "$@" ;;
  esac
}

sum_them() {
  # shellcheck disable=SC2086
  if command -v sha256sum >/dev/null; then exec $WITHIN sha256sum -- "$@"; else exec $WITHIN shasum -a 256 -- "$@"; fi
}

# Mode, ids, size and names of the files, one line each, links not followed. Names may have blanks, but no colon.
stats() {
  stat -c '%a %u %g %s %U:%G' -- "$@" 2>/dev/null || stat -f '%Mp%Lp %u %g %z %Su:%Sg' -- "$@"
}

# The same by one process, which ends the subshell, where stat is not BSD's.
stat_them() { exec stat -c '%a %u %g %s %U:%G' -- "$@" 2>/dev/null; }

# read_stats FILE ... : sets `looked` to the same lines.
read_stats() {
  looked=$(stat_them "$@") || [ -n "$looked" ] || looked=$(stats "$@")
}

# GNU stat prints a mode without leading zeros, BSD's with them.
pad_mode() { while [ ${#mode} -lt 4 ]; do mode=0$mode; done; }

# Sets CLOCK to seconds that never go back, whatever happens to the time of day.
read_clock() {
  if [ -r /proc/uptime ]; then
    read -r CLOCK _ </proc/uptime
    CLOCK=${CLOCK%%.*}
  else
    CLOCK=$(date +%s)
  fi
}

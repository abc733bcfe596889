# What converge does to a host. For each operation: `is_NAME` tells whether it is done already (the portable program
# asks that first; the plan program knows it from the plan), `do_NAME` does it from any state.

own() {
  if can_own; then resolve_owner "$1" "$2" && chown -h "$OWNER:$GROUP" -- "$3"; fi
}

# Sets OWNER and GROUP to what chown takes. A root tree has accounts of its own, which the machine that it lies on does
# not know or knows under other numbers.
resolve_owner() {
  OWNER=$1 GROUP=$2
  [ -n "$R" ] || return 0
  tree_id passwd "$1" && OWNER=$TREE_ID && tree_id group "$2" && GROUP=$TREE_ID
}

tree_id() {
  case $2 in
    *[!0-9]*) TREE_ID= ;;
    *) TREE_ID=$2 ;;
  esac
  if [ -z "$TREE_ID" ] && [ -r "$R/etc/$1" ]; then
    while IFS=: read -r tree_name _ tree_number _ || [ -n "$tree_name" ]; do
      [ "$tree_name" != "$2" ] || TREE_ID=$tree_number
    done <"$R/etc/$1"
  fi
  [ -n "$TREE_ID" ] || [ "$2" != root ] || TREE_ID=0
  [ -n "$TREE_ID" ] || {
    say "there is no $2 in /etc/$1"
    return 1
  }
}

# install_file FROM TO MODE OWNER GROUP: a copy with its attributes, or nothing.
install_file() {
  if ! command -v install >/dev/null; then
    # A small busybox. The copy is private (umask) until it is its owner's.
    cp -- "$1" "$2" && own "$4" "$5" "$2" && chmod "$3" -- "$2"
  elif can_own; then
    resolve_owner "$4" "$5" && install -m "$3" -o "$OWNER" -g "$GROUP" -- "$1" "$2"
  else
    install -m "$3" -- "$1" "$2"
  fi || {
    result=$?
    rm -f -- "$2"
    return "$result"
  }
}

# has_attributes PATH MODE OWNER GROUP
has_attributes() {
  read -r mode uid gid user group _ <<END
$(stats "$R$1")
END
  pad_mode
  [ "$mode" = "$2" ] || return 1
  can_own || return 0
  resolve_owner "$3" "$4" || return 1
  # A root tree's names were resolved to numbers; elsewhere the names decide.
  [ -z "$R" ] || user= group=
  { [ "$user" = "$3" ] || [ "$uid" = "$OWNER" ]; } && { [ "$group" = "$4" ] || [ "$gid" = "$GROUP" ]; }
}

# write PATH STAGED SUM MODE OWNER GROUP VALIDATE: queued, so that many files are checked and made durable together.
is_write() {
  [ -f "$R$1" ] && [ ! -L "$R$1" ] || return 1
  has_attributes "$1" "$4" "$5" "$6" || return 1
  read -r sum _ <<END
$(sums "$R$1")
END
  [ "${sum#\\}" = "$3" ]
}

# is_directory PATH: where something is to be put; says so where it is none.
is_directory() {
  [ ! -d "$R$1/" ] || return 0
  if [ -e "$R$1" ]; then
    say "$1 is not a directory"
  else
    say "the directory $1 does not exist; declare it as a directory resource"
  fi
  return 1
}

do_write() {
  directory=${1%/*}
  is_directory "$directory" || return 1
  [ ! -L "$R$1" ] || {
    say "a symbolic link is at $1; converge does not write through links"
    return 1
  }
  [ ! -d "$R$1" ] || {
    say "a directory is at $1"
    return 1
  }
  temporary_in "$R$directory" || return 1
  install_file "$STAGING/$2" "$temporary" "$4" "$5" "$6" || return
  QUEUED=$((QUEUED + 1))
  eval "Q${QUEUED}_NUMBER=\$NUMBER Q${QUEUED}_PATH=\$R\$1 Q${QUEUED}_DIRECTORY=\$R\$directory/ Q${QUEUED}_TEMPORARY=\$temporary \
    Q${QUEUED}_SUM=\$3 Q${QUEUED}_VALIDATE=\$7 Q${QUEUED}_OWED=\$NEXT_OWED Q${QUEUED}_RECORDS=\$NEXT_RECORDS"
  NEXT_OWED= NEXT_RECORDS=
}

# Takes the queued writes live, in order. At the first that is not right that one fails and the rest is dropped.
flush_writes() {
  [ "$QUEUED" -gt 0 ] || return 0
  count=$QUEUED QUEUED=0
  check_queue
  i=1
  while [ "$i" -le "$good" ]; do
    eval "OWED=\$OWED\$Q${i}_OWED RECORDS=\$RECORDS\$Q${i}_RECORDS"
    i=$((i + 1))
  done
  [ -z "$OWED" ] || journal_owed || good=0 problem='the journal cannot be written'
  [ -z "$RECORDS" ] || [ "$good" -eq 0 ] || record_now || good=0 problem='the manifest cannot be written'
  point 'queue journalled'
  queue_durable 2>"$RUN/durable" || {
    good=0 problem='it cannot be made durable'
    mv -f -- "$RUN/durable" "$RUN/flush"
  }
  point 'queue durable'
  rename_queue
  [ -z "$problem" ] || {
    [ -z "$FAILED" ] || problem=
    i=$((good + 1))
    while [ "$i" -le "$count" ]; do
      eval "rm -f -- \"\$Q${i}_TEMPORARY\""
      i=$((i + 1))
    done
    [ -z "$problem" ] || eval "fail \"\$Q$((good + 1))_NUMBER\" \"\$problem\" \"\$RUN/flush\""
  }
}

# Sets `good` to how many of the queue, from its start, may go live, and `problem` to what is wrong with the next one.
check_queue() {
  set --
  i=1
  while [ "$i" -le "$count" ]; do
    eval "set -- \"\$@\" \"\$Q${i}_TEMPORARY\""
    i=$((i + 1))
  done
  good=0 problem=
  : >"$RUN/flush"
  while read -r sum _; do
    i=$((good + 1))
    eval "want=\$Q${i}_SUM validate=\$Q${i}_VALIDATE temporary=\$Q${i}_TEMPORARY"
    if [ "${sum#\\}" != "$want" ]; then
      problem='the uploaded bytes do not have the checksum of the plan'
    elif [ -n "$validate" ] && ! validate_staged "$validate" "$temporary" >"$RUN/flush" 2>&1 8>&- 9>&-; then
      problem="validation failed: $validate"
    fi
    [ -z "$problem" ] || break
    good=$i
  done <<END
$(sums "$@" 2>/dev/null)
END
  [ -n "$problem" ] || [ "$good" -eq "$count" ] || problem='the staged file is gone'
}

queue_durable() {
  set --
  i=1
  while [ "$i" -le "$good" ]; do
    eval "set -- \"\$@\" \"\$Q${i}_TEMPORARY\""
    i=$((i + 1))
  done
  [ ! -s "$STATE/journal" ] || set -- "$@" "$STATE/journal" "$STATE"
  [ ! -s "$CLUSTER/manifest" ] || set -- "$@" "$CLUSTER/manifest" "$CLUSTER"
  [ -z "$KEPT" ] || set -- "$@" "$GENERATION" "$CLUSTER/originals"
  KEPT=
  [ $# -eq 0 ] || durable "$@"
}

rename_queue() {
  set --
  i=1
  while [ "$i" -le "$good" ]; do
    eval "number=\$Q${i}_NUMBER path=\$Q${i}_PATH temporary=\$Q${i}_TEMPORARY directory=\$Q${i}_DIRECTORY"
    take_place "$temporary" "$path" 2>"$RUN/rename" || {
      good=$((i - 1)) problem='the new content cannot take its place'
      mv -f -- "$RUN/rename" "$RUN/flush"
      break
    }
    point "renamed $number"
    if [ -e /sys/fs/selinux/enforce ] && [ -z "$R" ] && command -v restorecon >/dev/null; then restorecon -- "$path"; fi
    [ "$directory" = "${1-}" ] || set -- "$directory" "$@"
    emit "done $number"
    i=$((i + 1))
  done
  # What the next steps do builds on these.
  [ $# -eq 0 ] || durable "$@" 2>"$RUN/durable" || fail - 'it cannot be made durable' "$RUN/durable"
  point 'renames durable'
}

# take_place TEMPORARY PATH: in one rename. A directory, or a link to one, that appeared there in the meantime would
# take the file into itself.
take_place() {
  if [ -d "$2" ] || [ -L "$2" ]; then
    say "a directory or a link has appeared at $2" >&2
    return 1
  fi
  mv -f -- "$1" "$2"
}

# The validator sees the path of the staged file in place of {}.
validate_staged() {
  command=
  rest=$1
  quoted="'$(printf '%s' "$2" | sed "s/'/'\\\\''/g")'"
  while :; do
    case $rest in
      *'{}'*)
        command=$command${rest%%'{}'*}$quoted
        rest=${rest#*'{}'}
        ;;
      *) break ;;
    esac
  done
  CONVERGE_ROOT=$R /bin/sh -c "$command$rest" </dev/null
}

# attributes PATH MODE OWNER GROUP
is_attributes() { [ ! -L "$R$1" ] && [ -e "$R$1" ] && has_attributes "$@"; }
do_attributes() {
  [ ! -L "$R$1" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  own "$3" "$4" "$R$1" && chmod "$2" -- "$R$1" && durable "$R$1"
}

# mkdir PATH MODE OWNER GROUP: with its parents (0755).
is_mkdir() { [ -d "$R$1" ] && [ ! -L "$R$1" ] && has_attributes "$@"; }
do_mkdir() {
  [ ! -L "$R$1" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  if [ ! -d "$R$1" ]; then
    parent=${1%/*}
    # Parents that come with it are entries of directories too.
    [ -d "$R$parent/" ] || { (umask 022 && mkdir -p -- "$R$parent/") && sync; } || return 1
    mkdir -m 0700 -- "$R$1" || return 1
    point 'directory made'
  fi
  own "$3" "$4" "$R$1" && chmod "$2" -- "$R$1" && durable "$R$1" "$R${1%/*}/"
}

# link PATH TARGET: replaced in one rename.
is_link() { [ -L "$R$1" ] && [ "$(readlink "$R$1" && printf x)" = "$2${NL}x" ]; }
do_link() {
  [ -L "$R$1" ] || [ ! -e "$R$1" ] || {
    say "something else than a link is at $1"
    return 1
  }
  is_directory "${1%/*}" || return 1
  temporary_in "$R${1%/*}" || return 1
  # ln -s into an existing name that is a directory would put the link inside it; a fresh name and mv -T do not.
  rm -f -- "$temporary" && ln -s -- "$2" "$temporary" || return 1
  point 'link made'
  mv -f -T -- "$temporary" "$R$1" 2>/dev/null || {
    rm -f -- "$R$1" && mv -f -- "$temporary" "$R$1"
  } || return 1
  durable "$R${1%/*}/"
}

is_filled() {
  for inside in "$1"/* "$1"/.*; do
    case $inside in */. | */..) continue ;; esac
    if [ -e "$inside" ] || [ -L "$inside" ]; then return 0; fi
  done
  return 1
}

# remove PATH RECURSIVE(yes|no)
is_remove() { [ ! -e "$R$1" ] && [ ! -L "$R$1" ]; }
do_remove() {
  if [ -d "$R$1" ] && [ ! -L "$R$1" ]; then
    # Not recursive: others may have put something into the directory since; then it stays.
    if [ "$2" = yes ]; then rm -rf -- "$R${1:?}"; else rmdir -- "$R$1" || is_filled "$R$1"; fi
  else
    rm -f -- "$R$1"
  fi && { [ ! -d "$R${1%/*}/" ] || durable "$R${1%/*}/"; }
}

# daemon-reload
is_daemon_reload() { return 1; }
do_daemon_reload() {
  [ "$INIT" = systemd ] || return 0
  systemctl daemon-reload
}

# unit UNIT ACTION [OPTION OF SYSTEMCTL]
is_unit() {
  case $INIT in
    systemd)
      case $2 in
        start) systemctl is-active --quiet -- "$1" ;;
        stop) ! systemctl is-active --quiet -- "$1" ;;
        enable) systemctl is-enabled --quiet -- "$1" 2>/dev/null ;;
        disable) ! systemctl is-enabled --quiet -- "$1" 2>/dev/null ;;
        mask) [ "$(systemctl is-enabled -- "$1" 2>/dev/null)" = masked ] ;;
        unmask) [ "$(systemctl is-enabled -- "$1" 2>/dev/null)" != masked ] ;;
        *) return 1 ;;
      esac
      ;;
    *)
      state=$(offline_unit "$1")
      case $2 in
        enable) case $state in *UnitFileState=disabled*) return 1 ;; esac ;;
        disable) case $state in *UnitFileState=enabled*) return 1 ;; esac ;;
        mask) case $state in *UnitFileState=masked*) ;; *) return 1 ;; esac ;;
        unmask) case $state in *UnitFileState=masked*) return 1 ;; esac ;;
      esac
      ;;
  esac
}
do_unit() {
  if [ "$INIT" = offline ]; then
    do_offline_unit "$1" "$2"
    return
  fi
  case $2 in
    start | restart | reload)
      # A unit that failed too often refuses to start; what is asked for now is a fresh start.
      systemctl reset-failed -- "$1" 2>/dev/null
      systemctl ${3+"$3"} "$2" -- "$1" || {
        result=$?
        systemctl status --no-pager --full -n 20 -- "$1" || :
        return "$result"
      }
      ;;
    *) systemctl ${3+"$3"} "$2" -- "$1" ;;
  esac
}

# Enabling in a tree that is not booted: the links that [Install] asks for.
do_offline_unit() {
  base=$R/etc/systemd/system
  case $2 in
    mask) do_link "/etc/systemd/system/$1" /dev/null ;;
    unmask) do_remove "/etc/systemd/system/$1" no ;;
    disable) rm -f -- "$base"/*.wants/"$1" "$base"/*.requires/"$1" ;;
    enable)
      for directory in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
        [ ! -f "$R$directory/$1" ] || break
      done
      [ -f "$R$directory/$1" ] || {
        say "there is no unit file for $1"
        return 1
      }
      while IFS='=' read -r key value; do
        case $key in
          WantedBy) kind=wants ;;
          RequiredBy) kind=requires ;;
          *) continue ;;
        esac
        for wanting in $value; do
          (umask 022 && mkdir -p -- "$base/$wanting.$kind") && ln -sf -- "$directory/$1" "$base/$wanting.$kind/$1" || return 1
        done
      done <"$R$directory/$1"
      ;;
  esac
}

# run TIMEOUT CWD USER COMMAND [NAME=VALUE ...]
is_run() { return 1; }
do_run() {
  # chroot(8) begins at the root, so that the command itself goes to its directory.
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
    [ "$result" -ne 124 ] || say "ended after $1 seconds"
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

# await TIMEOUT COMMAND
is_await() { shell_command "$2" >/dev/null 2>&1; }
do_await() {
  waited=0
  until timed_command 10 "$2" >"$RUN/await" 2>&1; do
    waited=$((waited + 1))
    if [ "$waited" -ge "$1" ]; then
      say "not so within $1 seconds: $2"
      cat "$RUN/await"
      return 1
    fi
    sleep 1
  done
}

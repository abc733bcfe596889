# What only the portable program needs: it carries a whole catalog, compares before it acts, and runs by itself.

# begin_portable: a run of its own, with what an earlier one left owed.
begin_portable() {
  prepare_alone
  mkdir -p -- "$STAGING" || exit 70
  begin "$ID" portable
  UNITS_CHANGED=
  if [ -s "$STATE/journal" ]; then
    IFS= read -r header <"$STATE/journal"
    [ "$header" = 'converge-journal 1' ] || {
      say "the journal was written by another version of converge: $header" >&2
      finish refused
      rm -rf -- "$RUN"
      exit 70
    }
    # That run may have ended between a unit file and the daemon-reload behind it.
    UNITS_CHANGED=yes
    while read -r verb action resource; do
      case $verb in
        owe) OWED_SO_FAR="${OWED_SO_FAR}owe $action $resource$NL" ;;
        settled) forget "$action" "$resource" ;;
      esac
    done <"$STATE/journal"
  fi
  OWED_BEFORE=$OWED_SO_FAR
}

# stage NAME TEXT
stage() { printf '%s' "$2" >"$STAGING/$1"; }
# stage_bytes NAME FORMAT: bytes that no shell word can hold, as octal escapes.
stage_bytes() {
  # shellcheck disable=SC2059
  printf "$2" >"$STAGING/$1"
}

# After a step that wrote a unit file.
unit_file() { [ "$LAST" != done ] || UNITS_CHANGED=yes; }

# Before a step that asks systemd for something.
reload_units() {
  if [ -n "$UNITS_CHANGED" ]; then
    UNITS_CHANGED=
    step "$1" daemon_reload
  fi
}

# leave_owed: what this catalog does not know stays in the journal.
leave_owed() {
  while [ -n "$OWED_BEFORE" ]; do
    line=${OWED_BEFORE%%"$NL"*} OWED_BEFORE=${OWED_BEFORE#*"$NL"}
    case $NL$STILL_OWED in *"$NL$line$NL"*) continue ;; esac
    line=${line#owe }
    still_owed "${line%% *}" "${line#* }"
  done
}

forget() {
  while :; do
    case $OWED_SO_FAR in
      *"owe $1 $2$NL"*) OWED_SO_FAR=${OWED_SO_FAR%%"owe $1 $2$NL"*}${OWED_SO_FAR#*"owe $1 $2$NL"} ;;
      *) break ;;
    esac
  done
}

# absorb ACTION RESOURCE: after a start that was done now; the fresh process has read everything.
absorb() {
  if [ "$LAST" = done ]; then
    settle "$1" "$2"
    forget "$1" "$2"
  fi
}

# notified ACTION RESOURCE COMMAND ...
notified() {
  flush_writes
  case $NL$OWED_SO_FAR in
    *"${NL}owe $1 $2$NL"*)
      action=$1 resource=$2
      shift 2
      "$@"
      settle "$action" "$resource"
      forget "$action" "$resource"
      # The fresh process has read what a reload would make it read.
      [ "$action" != restart ] || absorb reload "$resource"
      ;;
  esac
}

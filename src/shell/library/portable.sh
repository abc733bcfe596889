# What only the portable program needs: it contains a whole catalog, compares before it acts, and has no controller. It
# records resources as an apply does, except for what depends on the host's previous state: it keeps the answers to all
# probes before the first change (`found`), from which the controller later derives the rest.

# begin_portable: starts a run, with what earlier ones left pending.
begin_portable() {
  GENERATION= SUMMARY= UNITS_CHANGED= NEXT_ENTRY= NEXT_SUMMARY= NEXT_KEEP= NEXT_ORIGINAL= NEXT_STAYS= NEXT_KIND= NEXT_JSON=
  prepare_alone
  mkdir -p -- "$STAGING" || exit 70
  begin "$ID" portable
  if [ -s "$CLUSTER/journal" ]; then
    IFS= read -r header <"$CLUSTER/journal"
    [ "$header" = 'converge-journal 1' ] || give_up "the journal was written by another version of converge: $header"
    # That run may have been killed between a unit file and its daemon-reload.
    UNITS_CHANGED=yes
    while read -r verb action resource; do
      case $verb in
        owe) OWED_SO_FAR="${OWED_SO_FAR}owe $action $resource$NL" ;;
        settled) forget "$action" "$resource" ;;
      esac
    done <"$CLUSTER/journal"
  fi
  OWED_BEFORE=$OWED_SO_FAR
  held=
  [ ! -s "$CLUSTER/held" ] || IFS= read -r held <"$CLUSTER/held"
  if [ "${held%% *}" = "$DIGEST" ]; then
    say "held after a rollback by ${held#* }: nothing is done until the catalog changes" >&2
    leave_owed
    end_of_steps
    rm -rf -- "$RUN"
    exit 0
  fi
  {
    say 'converge 1'
    inspect_platform
    probe_all
    say end
  } >"$RUN/found"
  # Refused before anything is changed, as by an inspection.
  [ -z "$UNSTABLE" ] || give_up "$UNSTABLE"
  [ -z "${PACKAGES_UNSUPPORTED-}" ] || give_up "this host has none of the supported package managers: $package_managers"
}

give_up() {
  say "$1" >&2
  finish refused
  rm -rf -- "$RUN"
  exit 70
}

# stage NAME TEXT
stage() { printf '%s' "$2" >"$STAGING/$1"; }
# stage_bytes NAME FORMAT: bytes that no shell word can contain, as octal escapes.
stage_bytes() {
  # shellcheck disable=SC2059
  printf "$2" >"$STAGING/$1"
}

# entry NUMBER guarded|'' DROP JSON: the record of a resource, and the line that would remove it.
entry() { eval "GUARDED_$1=\$2 DROP_$1=\$3 MADE_$1=\$4"; }

# next ENTRY SUMMARY [PATH ORIGINAL [stays]]: the entry of the next step, its words as JSON, and
# what is kept before it: only the original, if the step leaves the file where it is.
next() {
  NEXT_ENTRY=$1 NEXT_SUMMARY=$2 NEXT_KEEP=${3-} NEXT_ORIGINAL=${4-} NEXT_STAYS=${5-} NEXT_KIND= NEXT_JSON=
}

# makes KIND JSON: what the next step puts at its path, which the manifest writes so.
makes() { NEXT_KIND=$1 NEXT_JSON=$2; }

# find_way: sets WAY to the kind of what is at the path of the next step, if converge made that for another resource.
find_way() {
  WAY=
  [ -n "$NEXT_KIND" ] || return 0
  path=$R$NEXT_KEEP
  if [ -L "$path" ]; then
    live=link
  elif [ -f "$path" ]; then
    live=file
  elif [ ! -d "$path" ]; then
    return 0
  elif [ -f "$path/.converge-archive" ]; then
    live=tree
  else
    live=directory
  fi
  [ "$live" != "$NEXT_KIND" ] && [ -s "$CLUSTER/manifest" ] || return 0
  eval "own=\$DROP_$NEXT_ENTRY"
  while IFS= read -r line; do
    read_id
    [ "$own" = "drop $id" ] || ! made_as "$live" "$line" || WAY=$live
  done <<END
$(known_lines)
END
}

# known_lines: the last words of the manifest about resources with the path of the next step.
known_lines() {
  while IFS= read -r line; do
    read_id
    [ -z "$line" ] || [ "$line" != "$(grep -F -e "{\"resource\":$id," -e "drop $id" "$CLUSTER/manifest" | tail -n 1)" ] || say "$line"
  done <<END
$(grep -F -e "$NEXT_JSON" "$CLUSTER/manifest")
END
}

# read_id: sets id to the resource of a line of the manifest, as JSON.
read_id() {
  id=${line#*\"resource\":}
  id=${id%%,\"desired\":*}
  id=${id%%,\"origin\":*}
}

# made_as KIND LINE: whether a line of the manifest says that this kind was made at the path of the next step.
made_as() {
  at="\"path\":$NEXT_JSON,"
  case "$1 $2" in
    tree\ set\ *"$at\"recursive\":true}"* | tree\ *"{\"op\":\"archive\","*"$at"* | tree\ *"{\"op\":\"checkout\",$at"*) ;;
    directory\ set\ *"$at\"recursive\":true}"*) return 1 ;;
    *\ set\ *"$NEXT_JSON:\"$1 "*) ;;
    file\ *"{\"op\":\"write\",$at"* | file\ *"{\"op\":\"download\",$at"* | link\ *"{\"op\":\"link\",$at"* | directory\ *"{\"op\":\"mkdir\",$at"*) ;;
    *) return 1 ;;
  esac
}

# before_change NUMBER OPERATION: called if the step is needed.
before_change() {
  [ "$2" != daemon_reload ] || return 0
  [ -n "$GENERATION" ] || open_own_generation
  [ -z "$FAILED" ] || return 0
  { say "$1${WAY:+:$WAY}" >>"$GENERATION/done" && durable "$GENERATION/done"; } >"$RUN/output" 2>&1 || {
    fail "$1" "cannot write to $STATE" "$RUN/output"
    return 0
  }
  SUMMARY=$SUMMARY${SUMMARY:+,}$NEXT_SUMMARY
  if [ -n "$NEXT_KEEP" ]; then
    [ -n "$NEXT_STAYS" ] || keep "$1" "generations/$NEWEST/$1" "$NEXT_KEEP"
    [ "$NEXT_KIND" != file ] || { [ -s "$CLUSTER/manifest" ] && [ -n "$(known_lines)" ]; } || keep "$1" "${NEXT_ORIGINAL}_arrived" "$NEXT_KEEP"
    # The first content, if what undoes the resource may need it and it is not kept yet.
    { has_record "$NEXT_ENTRY" && [ -e "$CLUSTER/$NEXT_ORIGINAL" ]; } ||
      keep "$1" "$NEXT_ORIGINAL" "$NEXT_KEEP"
  fi
  record_made made "$NEXT_ENTRY"
}

# open_own_generation: at the first change; its undo is derived from the steps that were done and what was found.
open_own_generation() {
  note_temporaries
  find_newest_generation
  NEWEST=$((NEWEST + 1))
  BY="portable since $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  open_generation "$NEWEST" "$(about_generation)" "$STEPS"
  [ -z "$FAILED" ] || return 0
  { say "$PROBES" && cat "$RUN/found"; } >"$GENERATION/found" 2>"$RUN/output" && durable "$GENERATION/found" ||
    fail 0 "cannot write to $STATE" "$RUN/output"
  [ -s "$CLUSTER/identities" ] || remember_identities "$IDENTITY"
  remember_members "$MEMBERS"
  release_hold
}

about_generation() { say "{\"number\":$NEWEST,\"run\":\"$ID\",\"by\":\"$BY\",\"changes\":[$SUMMARY]}"; }

# has_record ENTRY: whether the manifest already has the resource, and so its original state.
has_record() {
  [ -s "$CLUSTER/manifest" ] || return 1
  eval "key=\$MADE_$1 drop=\$DROP_$1"
  [ -n "$key" ] || return 0
  case $(grep -F -e "${key%%,\"desired\":*}," -e "$drop" "$CLUSTER/manifest" | tail -n 1) in
    '' | drop*) return 1 ;;
  esac
}

# record_made made|seen ENTRY: once, with the first step of the resource that is done, or at the end if nothing was.
record_made() {
  eval "line=\$MADE_$2 MADE_$2="
  [ -z "$line" ] || NEXT_RECORDS="$NEXT_RECORDS$1 $NEWEST $line$NL"
}

# end_portable COUNT: also records resources that needed no change, and completes the generation.
end_portable() {
  [ -n "$FAILED" ] || flush
  if [ -n "$GENERATION" ]; then
    if [ -z "$FAILED" ]; then
      number=0
      while [ "$number" -lt "$1" ]; do
        eval "guarded=\$GUARDED_$number"
        # What a guard leaves alone is converge's only if it was before.
        if [ -z "$guarded" ] || has_record "$number"; then record_made seen "$number"; fi
        number=$((number + 1))
      done
      records_stand
      [ -z "$RECORDS" ] || { record_now && durable "$CLUSTER/manifest" "$CLUSTER"; } >"$RUN/output" 2>&1 ||
        fail - "cannot write to $STATE" "$RUN/output"
    fi
    rewrite_state "$GENERATION/about" "$(about_generation)$NL" >"$RUN/output" 2>&1 ||
      fail - "cannot write to $STATE" "$RUN/output"
  fi
  leave_owed
  end_of_steps
  rm -rf -- "$RUN"
  [ -z "$FAILED" ]
}

# changes_install PATH SUM ... : whether one of these unit files has another [Install] than the content staged for it.
changes_install() {
  while [ $# -gt 0 ]; do
    [ "$(install_of "$R$1")" = "$(install_of "$STAGING/$2")" ] || return 0
    shift 2
  done
  return 1
}

# install_of FILE: the directives of its section [Install].
install_of() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 0
  section=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '[Install]'*) section=yes ;;
      '['*) section= ;;
      *)
        read -r directive <<END
$line
END
        case $section$directive in yes | 'yes#'* | 'yes;'*) ;; yes*) say "$line" ;; esac
        ;;
    esac
  done <"$1"
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

# leave_owed: what is not in this catalog stays in the journal.
leave_owed() {
  while [ -n "$OWED_BEFORE" ]; do
    line=${OWED_BEFORE%%"$NL"*} OWED_BEFORE=${OWED_BEFORE#*"$NL"}
    case $NL$STILL_OWED in *"$NL$line$NL"*) continue ;; esac
    line=${line#owe }
    still_owed "${line%% *}" "${line#* }"
  done
}

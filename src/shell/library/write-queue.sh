# The operation `write`. Consecutive writes are queued: those beside each other are copied by one process, all checksums are
# checked by one more and all copies made durable by another, then each file is renamed into place.

# write PATH STAGED SUM MODE OWNER GROUP VALIDATE [KIND [in-place]]
is_write() {
  [ -f "$R$1" ] && [ ! -L "$R$1" ] || return 1
  has_attributes "$1" "$4" "$5" "$6" || return 1
  sums_in_time "$R$1" || return 1
  found=${found%% *}
  [ "${found#\\}" = "$3" ]
}
do_write() {
  has_directory "${1%/*}" && place "$1" || return 1
  [ -n "${8-}" ] || [ ! -L "$HERE" ] || {
    say "a symbolic link is at $1; converge does not write through links"
    return 1
  }
  [ -n "${8-}" ] || [ ! -d "$HERE" ] || {
    say "a directory is at $1"
    return 1
  }
  # An upload that has the name of the file already can be copied together with others. Where a validator looks stays beside the file.
  upload=$STAGING/${1##*/} alike=yes
  [ -f "$upload" ] || upload=$STAGING/$2 alike=
  case $7/${8-}/${9-} in // | /file/) ;; *) alike= ;; esac
  QUEUED=$((QUEUED + 1))
  eval "Q${QUEUED}_NUMBER=\$NUMBER Q${QUEUED}_PATH=\$1 Q${QUEUED}_DIRECTORY=\$BESIDE Q${QUEUED}_TEMPORARY=\$temporary \
    Q${QUEUED}_UPLOAD=\$upload Q${QUEUED}_ALIKE=\$alike Q${QUEUED}_MODE=\$4 Q${QUEUED}_OWNER=\$5 Q${QUEUED}_GROUP=\$6 Q${QUEUED}_BATCH= \
    Q${QUEUED}_SUM=\$3 Q${QUEUED}_VALIDATE=\$7 Q${QUEUED}_KIND=\${8-} Q${QUEUED}_IN_PLACE=\${9-} Q${QUEUED}_OWED=\$NEXT_OWED Q${QUEUED}_RECORDS=\$NEXT_RECORDS"
  NEXT_OWED= NEXT_RECORDS=
}

# joins_queue PATH: whether it can be put in place together with what is queued: all by their whole names, or all in one
# private directory.
joins_queue() {
  [ "$QUEUED" -gt 0 ] || return 0
  if [ -n "$PINNED" ]; then [ "$PINNED" = "${1%/*}//" ]; else only_roots "${1%/*}"; fi
}

# queued_write INDEX: sets the variables that do_write queued for that write.
queued_write() {
  eval "number=\$Q${1}_NUMBER path=\$Q${1}_PATH directory=\$Q${1}_DIRECTORY temporary=\$Q${1}_TEMPORARY \
    upload=\$Q${1}_UPLOAD alike=\$Q${1}_ALIKE mode=\$Q${1}_MODE owner=\$Q${1}_OWNER group=\$Q${1}_GROUP batch=\$Q${1}_BATCH \
    want=\$Q${1}_SUM validate=\$Q${1}_VALIDATE kind=\$Q${1}_KIND in_place=\$Q${1}_IN_PLACE owed=\$Q${1}_OWED records=\$Q${1}_RECORDS"
}

# staged_files FROM TO: sets `staged` to the temporary files of these writes, as words for `eval`.
staged_files() {
  staged= index=$1
  while [ "$index" -le "$2" ]; do
    staged="$staged \"\$Q${index}_TEMPORARY\""
    index=$((index + 1))
  done
}

# Puts the queued writes in place, in order. The first one with a problem fails, and the rest is dropped.
flush_writes() {
  [ "$QUEUED" -gt 0 ] || return 0
  count=$QUEUED QUEUED=0
  stage_queue
  check_queue
  [ -z "$OWED" ] || journal_owed || good=0 problem='the journal cannot be written'
  [ -z "$RECORDS" ] || [ "$good" -eq 0 ] || record_now || good=0 problem='the manifest cannot be written'
  point 'queue journalled'
  queue_durable 2>"$RUN/durable" || {
    good=0 problem='it cannot be synced to disk'
    mv -f -- "$RUN/durable" "$RUN/flush"
  }
  point 'queue durable'
  rename_queue
  [ -z "$problem" ] || {
    staged_files $((good + 1)) "$count"
    # What an append-only directory keeps is swept later.
    eval "rm -f -- $staged" 2>/dev/null
  }
  [ -z "$privates" ] || eval "rm -rf -- $privates" 2>/dev/null
  leave
  [ -z "$problem" ] || [ -n "$FAILED" ] || {
    queued_write $((good + 1))
    fail "$number" "$problem" "$RUN/flush"
  }
}

# Copies the uploads to where they are renamed from. Sets `ready` to how many at the start of the queue are there, and `unstaged` to
# the problem of the next one.
stage_queue() {
  ready=0 unstaged= privates=
  while [ "$ready" -lt "$count" ] && [ -z "$unstaged" ]; do
    find_batch $((ready + 1))
    if [ "$last" -gt $((ready + 2)) ] && stage_batch $((ready + 1)) "$last" 2>/dev/null; then
      ready=$last
    else
      stage_one $((ready + 1))
    fi
  done
}

# find_batch FIRST: sets `last` to the end of the writes that can be copied together with it.
find_batch() {
  queued_write "$1"
  last=$1 beside=$directory
  while [ -n "$alike" ] && [ "$directory" = "$beside" ] && [ "$last" -lt "$count" ]; do
    last=$((last + 1))
    queued_write "$last"
  done
  [ -n "$alike" ] && [ "$directory" = "$beside" ] || last=$((last - 1))
}

# stage_batch FIRST LAST: into a private directory beside the files, in which they have their names already.
stage_batch() {
  queued_write "$1"
  private=.
  [ -n "$PINNED" ] || {
    private=$directory.converge-$ID-$number-files
    mkdir -m 0700 -- "$private" || return 1
    eval "PRIVATE_$1=\$private"
    privates="$privates \"\$PRIVATE_$1\""
  }
  done_with=$NL index=$1
  while [ "$index" -le "$2" ]; do
    queued_write "$index"
    case $done_with in
      *"$NL$mode $owner $group$NL"*) ;;
      *)
        done_with=$done_with$mode\ $owner\ $group$NL
        stage_alike "$private" "$index" "$2" || return 1
        ;;
    esac
    index=$((index + 1))
  done
  index=$1
  while [ "$index" -le "$2" ]; do
    queued_write "$index"
    eval "Q${index}_BATCH=\$private Q${index}_TEMPORARY=\$private/\${path##*/}"
    index=$((index + 1))
  done
}

# stage_alike DIRECTORY FIRST LAST: those with the mode and owner of the first.
stage_alike() {
  into=$1 other=$2 end=$3 attributes="$mode $owner $group"
  set --
  while [ "$other" -le "$end" ]; do
    queued_write "$other"
    [ "$mode $owner $group" != "$attributes" ] || set -- "$@" "$upload"
    other=$((other + 1))
  done
  queued_write "$index"
  install_files "$into" "$mode" "$owner" "$group" "$@"
}

stage_one() {
  queued_write "$1"
  install_file "$upload" "$temporary" "$mode" "$owner" "$group" >"$RUN/staged" 2>&1 || {
    unstaged="exit $?"
    tell_attributes "$RUN/staged" "$path"
    return 0
  }
  ready=$1
}

# Sets `good` to the number of writes at the start of the queue that may go live, and `problem` to that of the next one.
check_queue() {
  good=0 problem=
  : >"$RUN/flush"
  staged_files 1 "$ready"
  while [ "$ready" -gt 0 ] && read -r sum _; do
    queued_write $((good + 1))
    if [ "${sum#\\}" != "$want" ]; then
      problem='the uploaded bytes do not match the checksum in the plan'
    elif [ -n "$validate" ] && ! validate_staged "$validate" >"$RUN/flush" 2>&1 8>&- 9>&-; then
      problem="validation failed: $validate"
    fi
    [ -z "$problem" ] || break
    good=$((good + 1)) OWED=$OWED$owed RECORDS=$RECORDS$records
  done <<END
$([ "$ready" -eq 0 ] || eval "sums $staged" 2>/dev/null)
END
  [ -n "$problem" ] || [ "$good" -eq "$ready" ] || problem='the staged file is gone'
  [ -n "$problem" ] || [ -z "$unstaged" ] || {
    problem=$unstaged
    mv -f -- "$RUN/staged" "$RUN/flush"
  }
}

queue_durable() {
  staged_files 1 "$good"
  eval "set -- $staged"
  [ ! -s "$CLUSTER/journal" ] || set -- "$@" "$CLUSTER/journal" "$CLUSTER"
  [ ! -s "$CLUSTER/manifest" ] || set -- "$@" "$CLUSTER/manifest" "$CLUSTER"
  [ -z "$KEPT" ] || {
    kept_files
    eval "set -- \"\$@\" $kept"
  }
  [ $# -eq 0 ] || durable "$@"
}

rename_queue() {
  set --
  renamed=0 blocked=
  while [ "$renamed" -lt "$good" ] && [ -z "$blocked" ]; do
    queued_write $((renamed + 1))
    [ "$directory" = "${1-}" ] || set -- "$directory" "$@"
    if [ -n "$batch" ]; then rename_batch; else rename_one; fi
  done
  [ -z "$blocked" ] || {
    good=$renamed problem='the new content cannot be put in place'
    mv -f -- "$RUN/rename" "$RUN/flush"
    queued_write $((good + 1))
    tell_attributes "$RUN/flush" "$path"
  }
  # The next steps rely on these.
  [ $# -eq 0 ] || durable "$@" 2>"$RUN/durable" || fail - 'it cannot be synced to disk' "$RUN/durable"
  point 'renames durable'
}

rename_one() {
  take_place "$temporary" "$path" "$kind" "$in_place" 2>"$RUN/rename" || {
    blocked=yes
    return 0
  }
  has_place
  renamed=$((renamed + 1))
}

# The next writes that were copied together, in order, up to one whose place is taken. If one of them cannot be renamed, those after it
# may be in place.
rename_batch() {
  set --
  together=$batch last=$renamed into=$directory
  while [ "$last" -lt "$good" ]; do
    queued_write $((last + 1))
    [ "$batch" = "$together" ] && [ "$directory" = "$into" ] || break
    at "$path"
    place_is_free "$path" 2>"$RUN/rename" || {
      blocked=yes
      break
    }
    set -- "$@" "$temporary"
    last=$((last + 1))
  done
  failed= stays= next=$renamed
  [ $# -eq 0 ] || mv -f -- "$@" "$into" 2>"$RUN/mv" || failed=yes
  while [ "$next" -lt "$last" ]; do
    next=$((next + 1))
    queued_write "$next"
    if [ -n "$failed" ] && [ -e "$temporary" ]; then
      stays=yes
    else
      has_place
      [ -n "$stays" ] || renamed=$next
    fi
  done
  [ -z "$stays" ] || {
    blocked=yes
    mv -f -- "$RUN/mv" "$RUN/rename"
  }
}

# Of the write that queued_write has set.
has_place() {
  point "renamed $number"
  relabel "$path"
  emit "done $number"
}

# place_is_free PATH: whether a file can be renamed to HERE: mv would move it into a directory that appeared there meanwhile.
place_is_free() {
  [ ! -d "$HERE" ] && [ ! -L "$HERE" ] || {
    say "a directory or a link has appeared at $1" >&2
    return 1
  }
}

# take_place TEMPORARY PATH [KIND [in-place]]: in one rename.
take_place() {
  at "$2"
  if [ -n "${4-}" ] && [ -f "$HERE" ] && [ ! -L "$HERE" ]; then
    hold_own_file && overwrite "$1" "$HELD"
    return
  fi
  # A file or a link makes way in the rename itself.
  case ${3-} in directory | tree) make_way "$2" "$3" || return ;; esac
  { [ "${3-}" = link ] && [ -L "$HERE" ]; } || place_is_free "$2" || return
  put "$1"
}

# overwrite TEMPORARY PATH: content, owner and mode, of a file that stays the same one. It has its mode before it has
# its content, which may be a secret, and once more after that, because a write takes the set-ID bits away.
overwrite() {
  read_stats "$1"
  read -r mode uid gid _ <<END
$looked
END
  # In a directory of others it may be a file that had another name until now, and that they must not read.
  [ -z "$PINNED" ] || : >"$2" || return
  shed_entries "$2"
  { ! can_own || chown -- "$uid:$gid" "$2"; } && set_mode "$mode" "$2" && chmod u+w -- "$2" || return
  point 'before the content is overwritten'
  cat <"$1" >"$2" || return
  point 'content overwritten'
  set_mode "$mode" "$2" && durable "$2" && rm -f -- "$1"
}

# validate_staged COMMAND: it sees the path of the staged file in place of {}. One that others could give to another file is no
# such path: there it sees a copy.
validate_staged() {
  staged=$temporary
  if [ -n "$PINNED" ]; then
    staged=$RUN/validated/${temporary#./}
    mkdir -p -- "$RUN/validated" && cp -p -- "$temporary" "$staged" || return 1
  fi
  command="umask 022$NL"
  rest=$1
  quoted=$(quote_word "$staged")
  while :; do
    case $rest in
      *'{}'*)
        command=$command${rest%%'{}'*}$quoted
        rest=${rest#*'{}'}
        ;;
      *) break ;;
    esac
  done
  (cd / && CONVERGE_ROOT=$R exec /bin/sh -c "$command$rest" </dev/null)
  result=$?
  [ "$staged" = "$temporary" ] || rm -f -- "$staged"
  return "$result"
}

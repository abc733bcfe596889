# The manifest (what converge made true, keyed by cluster) and the generations (what each apply replaced). CLUSTER is
# the cluster's directory in the state directory. The lines of the manifest are the controller's: JSON that the host
# only keeps. Both are append-only logs, so that a kill tears at most the last line.

# Sets NEWEST to the number of the newest generation, 0 when there is none.
find_newest_generation() {
  NEWEST=0
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -le "$NEWEST" ] || NEWEST=$number
  done
}

# This cluster's manifest, and those of other clusters on this host.
inspect_manifest() {
  [ -d "$STATE/clusters" ] || return 0
  if [ -s "$CLUSTER/manifest" ]; then
    say manifest
    cat "$CLUSTER/manifest"
    say "${NL}manifest end"
    show_found "$CLUSTER"
  fi
  for other in "$STATE/clusters/"*; do
    if [ "$other" != "$CLUSTER" ] && [ -s "$other/manifest" ]; then
      say "other ${other##*/}"
      cat "$other/manifest"
      say "${NL}other end"
      show_found "$other"
    fi
  done
  if [ -d "$CLUSTER/generations" ]; then
    find_newest_generation
    say "generation $NEWEST"
    inspect_failure "$CLUSTER/generations/$NEWEST"
    if [ -s "$CLUSTER/held" ] && [ -s "$CLUSTER/generations/$NEWEST/about" ]; then
      IFS= read -r about <"$CLUSTER/generations/$NEWEST/about"
      say "rollback$NL$about"
    fi
  fi
  if [ -s "$CLUSTER/identities" ]; then
    while IFS= read -r identity; do say "identity $identity"; done <"$CLUSTER/identities"
  fi
  if [ -s "$CLUSTER/members" ]; then
    [ -n "$FOUND_MEMBERS" ] || FOUND_MEMBERS=$(sums "$CLUSTER/members")
    if [ "${FOUND_MEMBERS%% *}" = "$MEMBERS_SUM" ]; then
      say known-members
    else
      say members
      cat "$CLUSTER/members"
      say 'members end'
    fi
  fi
  inspect_held
}

# inspect_failure GENERATION-DIRECTORY: at which change its apply failed, and what it was.
inspect_failure() {
  if [ -s "$1/failed" ] && [ -s "$1/about" ]; then
    IFS= read -r failed <"$1/failed"
    IFS= read -r about <"$1/about"
    say "failed $failed$NL$about"
  fi
}

# Prints the hold of a rollback: for which spec, by whom and since when.
inspect_held() {
  if [ -s "$CLUSTER/held" ]; then
    IFS= read -r held <"$CLUSTER/held"
    say "held $held"
  fi
}

# show_found CLUSTER-DIRECTORY: what portable programs found before their first change, if the manifest builds on it.
show_found() {
  for found in "$1/generations/"*/found; do
    [ -s "$found" ] || continue
    ! grep -q -e '^made ' -e '^seen ' "$1/manifest" || show_all_found "$1"
    return 0
  done
}

show_all_found() {
  for found in "$1/generations/"*/found; do
    [ -s "$found" ] || continue
    size=$(wc -c <"$found")
    number=${found%/found}
    say "found ${number##*/} $((size))"
    cat "$found"
    say ''
  done
}

# expect_generation NUMBER: nothing was applied since the plan.
expect_generation() {
  find_newest_generation
  [ "$NEWEST" = "$1" ] || refuse 'another apply changed this host since the plan'
}

# open_generation NUMBER ABOUT REVERT: creates the generation of this apply, with its undo.
open_generation() {
  [ -z "$FAILED" ] || return 0
  GENERATION=$CLUSTER/generations/$1
  : >"$RUN/output"
  { mkdir -p -- "$CLUSTER/originals" "$GENERATION" && say "$2" >"$GENERATION/about" && say "$3" >"$GENERATION/revert"; } \
    2>"$RUN/output" || {
    fail 0 "cannot write to $STATE" "$RUN/output"
    return 0
  }
  set -- "$GENERATION/about" "$GENERATION/revert"
  if [ -s "$CLUSTER/manifest" ]; then
    cp -- "$CLUSTER/manifest" "$GENERATION/manifest" 2>"$RUN/output" || {
      fail 0 "cannot write to $STATE" "$RUN/output"
      return 0
    }
    set -- "$@" "$GENERATION/manifest"
  fi
  # With every parent directory: they may be new.
  [ -z "$UNNOTED" ] || set -- "$@" "$STATE/temporaries"
  UNNOTED=
  durable "$@" "$GENERATION" "$CLUSTER/generations" "$CLUSTER" "$STATE/clusters" "$STATE" "${STATE%/*}/" 2>"$RUN/output" ||
    fail 0 "cannot write to $STATE" "$RUN/output"
  point 'generation opened'
}

# keep NUMBER FILE PATH: copies the current file below the cluster's directory, before that step. A link would change with
# the file if something writes to it before it is replaced, or by another name. What an earlier life of the path left there goes.
keep() {
  [ -n "$FAILED" ] || flush_packages
  [ -z "$FAILED" ] || return 0
  if [ ! -f "$R$3" ] || [ -L "$R$3" ]; then
    [ ! -e "$CLUSTER/$2" ] || rm -f -- "$CLUSTER/$2"
  else
    joins_queue "$3" || flush_writes
    [ -z "$FAILED" ] || return 0
    NUMBER=$1
    # It may be from a run that was killed before it changed anything.
    { { [ ! -e "$CLUSTER/$2" ] || rm -f -- "$CLUSTER/$2"; } && keep_file "$2" "$3"; } >"$RUN/output" 2>&1 || {
      # Earlier queued writes come first.
      flush_writes
      [ -n "$FAILED" ] || fail "$1" "cannot keep $3" "$RUN/output"
      return 0
    }
    KEPT="$KEPT $2"
    point "kept $3"
  fi
}

keep_file() { place "$2" && hold_file && cp -p -- "$HELD" "$CLUSTER/$1"; }

# kept_files: sets `kept` to what was kept since the last sync and its directories, as words for `eval`.
kept_files() {
  kept=
  for file in $KEPT; do kept="$kept \"\$CLUSTER/$file\""; done
  kept="$kept \"\$GENERATION\" \"\$CLUSTER/originals\""
  KEPT=
}

# records_stand: lines that belong to no step are not the next one's either, which may be skipped.
records_stand() { RECORDS=$RECORDS$NEXT_RECORDS NEXT_RECORDS=; }

# record LINE: a manifest line of the next step, on disk together with what that owes.
record() { NEXT_RECORDS="$NEXT_RECORDS$1$NL"; }

# strike LINE: a manifest line after the step, unless its guard skipped it.
strike() {
  [ -n "$FAILED" ] || flush
  if [ -z "$FAILED" ] && [ "$LAST" != skipped ]; then
    [ -z "$UNSYNCED" ] || sync
    UNSYNCED=
    point 'before the manifest is struck'
    say "$1" >>"$CLUSTER/manifest"
    point 'manifest struck'
  fi
}

record_now() {
  [ -s "$CLUSTER/manifest" ] || say 'converge-manifest 1' >"$CLUSTER/manifest" || return 1
  point 'manifest begun'
  # A line that a kill tore must not swallow the next one.
  printf '%s' "$NL$RECORDS" >>"$CLUSTER/manifest" || return 1
  point 'manifest written'
  RECORDS=
}

# rewrite_manifest TEXT: the same state in fewer lines, in one rename.
rewrite_manifest() { rewrite_or_fail "$CLUSTER/manifest" "$1"; }

# rewrite_or_fail FILE TEXT: a failure is reported without a step.
rewrite_or_fail() {
  [ -z "$FAILED" ] || return 0
  rewrite_state "$@" >"$RUN/output" 2>&1 || fail - "cannot write to $STATE" "$RUN/output"
}

# rewrite_state FILE TEXT: the old text or the new one, whenever the host dies.
rewrite_state() {
  point "before $1 is rewritten"
  printf '%s' "$2" >"$1.new" && durable "$1.new" && mv -f -- "$1.new" "$1" && durable "${1%/*}"
  rewritten=$?
  point "rewrote $1"
  return "$rewritten"
}

# forget_generations NUMBER: all up to this one. A rollback that failed still needs them.
forget_generations() {
  [ -z "$FAILED" ] || return 0
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$1" ] || rm -rf -- "$generation"
  done
}

# inspect_history NUMBER: the generations after that number. An incomplete one was killed before its first change.
inspect_history() {
  show_all_found "$CLUSTER"
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$1" ] && [ -s "$generation/about" ] && [ -s "$generation/revert" ] || continue
    say "generation $number"
    cat "$generation/about" "$generation/revert"
    if [ -s "$generation/done" ]; then
      say "done $(tr '\n' ' ' <"$generation/done")"
    fi
    if [ -s "$generation/failed" ]; then
      IFS= read -r failed <"$generation/failed"
      say "failed $failed"
    fi
    [ ! -s "$generation/manifest" ] || cat "$generation/manifest"
    say "${NL}end of manifest"
  done
}

# remember_members JSON: the hosts of the cluster.
remember_members() { remember members "$1"; }

# remember_identities LINES: the names and places of this host, by which it is recognized if the spec changes them.
remember_identities() { remember identities "$1"; }

# remember FILE TEXT ... : each in one rename.
remember() {
  if [ -z "${RUN-}" ]; then
    remember_files "$@"
  elif [ -z "$FAILED" ]; then
    remember_files "$@" >"$RUN/output" 2>&1 || fail - "cannot write to $STATE" "$RUN/output"
  fi
}

remember_files() {
  facts=
  while [ $# -gt 0 ]; do
    printf '%s' "$2$NL" >"$CLUSTER/$1.new" || return 1
    facts="$facts $1"
    shift 2
  done
  for fact in $facts; do set -- "$@" "$CLUSTER/$fact.new"; done
  point 'before what is remembered is durable'
  durable "$@" || return 1
  for fact in $facts; do
    mv -f -- "$CLUSTER/$fact.new" "$CLUSTER/$fact" || return 1
    point "remembered $fact"
  done
  durable "$CLUSTER"
}

# hold LINE, release_hold: whether later runs leave this host alone until its spec changes.
hold() { rewrite_or_fail "$CLUSTER/held" "$1$NL"; }
release_hold() {
  [ -z "$FAILED" ] || return 0
  { rm -f -- "$CLUSTER/held" && durable "$CLUSTER"; } >"$RUN/output" 2>&1 ||
    fail - "cannot write to $STATE" "$RUN/output"
}

# adopt_cluster OLD [dry]: what the cluster OLD has on this host belongs to this cluster from now on. Prints adopted (or
# found, if dry), none, both, or held if an apply holds the lock.
adopt_cluster() {
  if [ ! -d "$STATE/clusters/$1" ]; then
    say none
  elif [ -e "$CLUSTER" ]; then
    say both
  elif [ -n "${2-}" ]; then
    say found
  elif LOCK_WAIT=0 && ! take_lock; then
    say held
  else
    mv -- "$STATE/clusters/$1" "$CLUSTER" && durable "$STATE/clusters" && say adopted
  fi
}

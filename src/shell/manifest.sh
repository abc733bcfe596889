# The manifest (what converge made true, keyed by cluster) and the generations (what each apply replaced). CLUSTER is
# the cluster's directory in the state directory. The lines of the manifest are the controller's: JSON that the host
# only keeps. Both are append-only logs, so that a kill tears at most the last line.

# The number of the newest generation, 0 when there is none.
newest_generation() {
  newest=0
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -le "$newest" ] || newest=$number
  done
  say "$newest"
}

# What the manifest says, and what other clusters claim on this host.
inspect_manifest() {
  [ -d "$STATE/clusters" ] || return 0
  if [ -s "$CLUSTER/manifest" ]; then
    say M
    cat "$CLUSTER/manifest"
    say "${NL}M end"
  fi
  for other in "$STATE/clusters/"*; do
    if [ "$other" != "$CLUSTER" ] && [ -s "$other/manifest" ]; then
      say "O ${other##*/}"
      cat "$other/manifest"
      say "${NL}O end"
    fi
  done
  [ ! -d "$CLUSTER/generations" ] || say "generation $(newest_generation)"
  if [ -s "$CLUSTER/members" ]; then
    say members
    cat "$CLUSTER/members"
    say 'members end'
  fi
  if [ -s "$CLUSTER/held" ]; then
    IFS= read -r held <"$CLUSTER/held"
    say "held $held"
  fi
}

# expect_generation NUMBER: nobody applied anything since the plan.
expect_generation() {
  [ "$(newest_generation)" = "$1" ] || refuse 'another apply changed this host since the plan'
}

# open_generation NUMBER ABOUT REVERT: the generation that this apply makes, with how to take it back.
open_generation() {
  GENERATION=$CLUSTER/generations/$1
  : >"$RUN/output"
  { mkdir -p -- "$CLUSTER/originals" "$GENERATION" && say "$2" >"$GENERATION/about" && say "$3" >"$GENERATION/revert"; } \
    2>"$RUN/output" || {
    fail 0 "cannot write below $STATE" "$RUN/output"
    return 0
  }
  [ ! -s "$CLUSTER/manifest" ] || cp -- "$CLUSTER/manifest" "$GENERATION/manifest"
  durable "$GENERATION/about" "$GENERATION/revert" "$GENERATION" "$CLUSTER/generations"
}

# keep FILE PATH: what is at the path now, below the cluster's directory. A link to the same bytes costs nothing, and a
# write replaces the path by a rename, so that they stay as they are.
keep() {
  if [ -z "$FAILED" ] && [ -f "$R$2" ] && [ ! -e "$CLUSTER/$1" ]; then
    ln -- "$R$2" "$CLUSTER/$1" 2>/dev/null || cp -p -- "$R$2" "$CLUSTER/$1" || fail "$NUMBER" "cannot keep $2" /dev/null
  fi
}

# record LINE: what the next step makes true, on disk together with what it owes.
record() { NEXT_RECORDS="$NEXT_RECORDS$1$NL"; }

# strike LINE: after the act.
strike() {
  if [ -z "$FAILED" ]; then say "$1" >>"$CLUSTER/manifest"; fi
}

record_now() {
  [ -s "$CLUSTER/manifest" ] || say 'converge-manifest 1' >"$CLUSTER/manifest" || return 1
  # A line that a kill tore must not swallow the next one.
  printf '%s' "$NL$RECORDS" >>"$CLUSTER/manifest" || return 1
  RECORDS=
}

# rewrite_manifest TEXT: the same state in fewer lines, in one rename.
rewrite_manifest() {
  if [ -z "$FAILED" ]; then
    printf '%s' "$1" >"$CLUSTER/manifest.new" && durable "$CLUSTER/manifest.new" &&
      mv -f -- "$CLUSTER/manifest.new" "$CLUSTER/manifest" && durable "$CLUSTER"
  fi
}

# forget_generations NUMBER: all up to this one.
forget_generations() {
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$1" ] || rm -rf -- "$generation"
  done
}

# restore PATH KEPT SUM MODE OWNER GROUP: a kept content takes its place again.
is_restore() { is_write "$1" "$2" "$3" "$4" "$5" "$6"; }
do_restore() {
  [ -f "$CLUSTER/$2" ] || {
    say "the kept content of $1 is gone"
    return 1
  }
  temporary_in "$R${1%/*}"
  install_file "$CLUSTER/$2" "$temporary" "$4" "$5" "$6" || return
  read -r sum _ <<END
$(sums "$temporary")
END
  [ "${sum#\\}" = "$3" ] || {
    rm -f -- "$temporary"
    say "the kept content of $1 is damaged"
    return 1
  }
  durable "$temporary" && mv -f -- "$temporary" "$R$1" && durable "$R${1%/*}/"
}

# inspect_history NUMBER: the generations after that number. One that a kill left incomplete had changed nothing yet.
inspect_history() {
  for generation in "$CLUSTER/generations/"*; do
    number=${generation##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$1" ] && [ -s "$generation/about" ] && [ -s "$generation/revert" ] || continue
    say "generation $number"
    cat "$generation/about" "$generation/revert"
    [ ! -s "$generation/manifest" ] || cat "$generation/manifest"
    say "${NL}end of manifest"
  done
}

# remember_members JSON: the hosts of the cluster, in one rename.
remember_members() {
  if [ -z "${FAILED-}" ]; then
    say "$1" >"$CLUSTER/members.new" && mv -f -- "$CLUSTER/members.new" "$CLUSTER/members"
  fi
}

# hold LINE, release_hold: whether later runs leave this host alone until its spec changes.
hold() {
  if [ -z "$FAILED" ]; then say "$1" >"$CLUSTER/held"; fi
}
release_hold() { [ -n "$FAILED" ] || rm -f -- "$CLUSTER/held"; }

# What applies recorded on the host, and whether one is running.

# Before the first answer: what is seen during an apply is not valid, even if the apply ends before the last answer.
inspect_begins() {
  APPLYING=
  note_applying
  find_newest_generation
  GENERATION_BEFORE=$NEWEST
}

# `applying` is empty if the last run ended: then the lock is not tried.
note_applying() {
  if [ -z "$APPLYING" ] && [ -s "$STATE/applying" ] && ! lock_is_free; then
    read_holder
    APPLYING=${holder:-unknown}
  fi
}

# The journal, the manifest, and an apply that is running or ended meanwhile.
inspect_state() {
  if [ -s "$CLUSTER/journal" ]; then
    say journal
    cat "$CLUSTER/journal"
    # The last line may have been torn by a kill.
    say "${NL}journal end"
  fi
  inspect_manifest
  note_applying
  find_newest_generation
  if [ -n "$APPLYING" ]; then
    say "applying $APPLYING"
  elif [ "$NEWEST" != "$GENERATION_BEFORE" ]; then
    say applied
  fi
}

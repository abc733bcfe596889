# What applies left on the host, and whether one goes on.

# Before the first answer: what is seen in the middle of an apply does not count, also if the apply has ended by the last.
inspect_begins() {
  APPLYING=
  note_applying
  find_newest_generation
  GENERATION_BEFORE=$NEWEST
}

# `applying` is empty when the last run came to its end: then the lock is not even tried.
note_applying() {
  if [ -z "$APPLYING" ] && [ -s "$STATE/applying" ] && ! lock_is_free; then
    read_holder
    APPLYING=${holder:-unknown}
  fi
}

# What an earlier run left: its journal, what the manifest says, and an apply that went on or ended meanwhile.
inspect_state() {
  if [ -s "$STATE/journal" ]; then
    say journal
    cat "$STATE/journal"
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

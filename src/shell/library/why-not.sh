# why_not DIRECTORY: the system's reason why nothing can be written there, behind a colon; nothing where something can.
# The shell's own words for a full disk are `I/O error`, if it finds a place for them at all.
why_not() {
  why=$(LC_ALL=C dd if=/dev/zero of="$1/.converge-probe" bs=65536 count=1 2>&1) && why=
  rm -f -- "$1/.converge-probe"
  [ -z "$why" ] || {
    why=${why%%"$NL"*}
    printf ': %s' "${why##*: }"
  }
}

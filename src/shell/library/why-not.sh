# why_not DIRECTORY: a colon and the system's reason why nothing can be written there; empty if something can.
# For a full disk the shell itself says `I/O error`, if it can write that at all.
why_not() {
  why=$(LC_ALL=C dd if=/dev/zero of="$1/.converge-probe" bs=65536 count=1 2>&1) && why=
  rm -f -- "$1/.converge-probe"
  [ -z "$why" ] || {
    why=${why%%"$NL"*}
    printf ': %s' "${why##*: }"
  }
}

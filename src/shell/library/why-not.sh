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

# tell_attributes FILE PATH: adds to what a failed step said that the path or its directory may not be changed.
tell_attributes() {
  grep -q 'ot permitted' "$1" || return 0
  lsattr -d -- "$R$2" "$R${2%/*}/" 2>/dev/null | while read -r flags name; do
    case $flags in
      *i*) say "${name#"$R"} is immutable: run chattr -i on it first" ;;
      *a*) say "${name#"$R"} is append-only: run chattr -a on it first" ;;
    esac
  done >>"$1"
}

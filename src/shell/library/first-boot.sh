# What only a first boot needs: it runs a portable program at each boot until that has succeeded, and then removes what
# brought it. UNIT is its unit.

begin_first_boot() {
  # Who applied since then may know a later catalog.
  for about in "$CLUSTER"/generations/*/about; do
    [ ! -e "$about" ] || grep -q '"by":"portable since ' "$about" || end_first_boot
  done
}

# The mark comes last: a boot that runs only if it is not there has nothing left to remove after it.
end_first_boot() {
  units=$R/etc/systemd/system
  rm -rf -- "$units/multi-user.target.wants/$UNIT" "$units/$UNIT" "$STATE/first-boot" "$R/run/converge-first-boot" &&
    : >"$STATE/first-boot-done" && sync
  exit
}

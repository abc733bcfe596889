# Whether the host says that it needs a reboot: Debian and SUSE by a file, RHEL by needs-restarting. A newer kernel is no proof.

# inspect_reboot: required, not-required or unknown, the boot that the host is in, and why.
inspect_reboot() {
  boot=none
  [ -n "$R" ] || [ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot </proc/sys/kernel/random/boot_id
  for flag in /run/reboot-required /var/run/reboot-required /run/reboot-needed; do
    [ -e "$R$flag" ] || continue
    say "reboot required $boot $flag exists$(in_brackets <"$R$flag.pkgs")"
    return
  done 2>/dev/null
  if [ -n "$R" ]; then
    say "reboot not-required $boot"
  elif command -v needs-restarting >/dev/null; then
    ask_needs_restarting
  elif grep -qs reboot-required /etc/kernel/postinst.d/*; then
    say "reboot not-required $boot"
  else
    say "reboot unknown $boot nothing on the host tells it, such as unattended-upgrades or needs-restarting"
  fi
}

ask_needs_restarting() {
  told=$(timed_command 30 'needs-restarting -r' 2>&1)
  case $?-$told in
    0-*) say "reboot not-required $boot" ;;
    1-*eboot*) say "reboot required $boot needs-restarting says so$(say "$told" | sed -n 's/^ *\* *//p' | in_brackets)" ;;
    *) say "reboot unknown $boot needs-restarting failed" ;;
  esac
}

# The lines of stdin, each once, as ` (a b)`; nothing if there are none.
in_brackets() {
  words=$(sort -u | head -n 8 | tr '\n\000' '  ')
  [ -z "$words" ] || printf ' (%s)' "${words% }"
}

# The operation `reboot`: it is ordered when all else is done, on disk and told.

# reboot BOOT: only if the host is still in this boot.
is_reboot() {
  [ -n "$R" ] || ! read -r boot </proc/sys/kernel/random/boot_id || [ "$boot" != "$1" ]
}
do_reboot() { is_reboot "$1" || REBOOTS=yes; }

# The last act of a program.
order_reboot() {
  sync
  # The controller has the last line by then.
  sleep 2
  if [ "$INIT" = systemd ]; then systemctl reboot; else reboot; fi
}

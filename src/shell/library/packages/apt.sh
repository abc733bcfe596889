# The package manager of Debian and its derivatives.

apt_is_here() { [ -d "$R/var/lib/dpkg" ] && command -v dpkg-query >/dev/null; }

# A name alone is the package of the host's own architecture, NAME:ARCH that of any.
apt_query() {
  # Absent unless the host has several; then its own is the first.
  native=
  [ ! -r "$R/var/lib/dpkg/arch" ] || read -r native <"$R/var/lib/dpkg/arch"
  # An unknown name only makes dpkg-query complain: what it does not list is not installed.
  dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${Package} ${Architecture} ${db:Status-Status} ${Version}\n' -- "$@" 2>/dev/null |
    while read -r package arch status version; do
      [ "$status" = installed ] || continue
      say "$package:$arch $version"
      case $arch in all | "${native:-$arch}") say "$package $version" ;; esac
    done
}

apt_refresh() {
  [ -n "$(find "$R/var/lib/apt/lists" -maxdepth 1 -name '*_Packages*' -mtime -1 2>/dev/null)" ] || apt_get update
}

apt_install() {
  autostart=$1
  shift
  # Left by an interrupted installation; without it apt refuses to go on.
  if [ -n "$(find "$R/var/lib/dpkg/updates" -type f 2>/dev/null)" ]; then
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a || return
  fi
  pairs=$(($# / 2))
  while [ "$pairs" -gt 0 ]; do
    set -- "$@" "$1${2:+=$2}"
    shift 2
    pairs=$((pairs - 1))
  done
  [ "$autostart" = yes ] || forbid_autostart
  apt_get --allow-downgrades --no-install-recommends install -- "$@"
  result=$?
  allow_autostart
  return "$result"
}

apt_remove() { apt_get remove -- "$@"; }

# Never prompts; waits for the lock of dpkg; keeps changed conffiles.
apt_get() {
  DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# invoke-rc.d and deb-systemd-invoke ask this file before they start a daemon.
forbid_autostart() {
  policy=$R/usr/sbin/policy-rc.d
  [ -e "$policy" ] || printf '#!/bin/sh\n# converge: daemons are not started by their packages\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
}
# Also at the start of every apply: a killed run must not block starts forever.
allow_autostart() {
  policy=$R/usr/sbin/policy-rc.d
  if [ -f "$policy" ] && grep -q '^# converge: ' "$policy"; then rm -f -- "$policy"; fi
}

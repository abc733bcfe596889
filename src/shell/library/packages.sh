# Packages through apt, and archives from a URL.

# package AUTOSTART(yes|no) UPDATE(yes|no) NAME VERSION ... : a version that is empty stands for any.
is_package() {
  shift 2
  while [ $# -gt 0 ]; do
    installed=$(dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${db:Status-Status} ${Version}' -- "$1" 2>/dev/null) || return 1
    case $2-$installed in
      "-installed "* | "$2-installed $2") ;;
      *) return 1 ;;
    esac
    shift 2
  done
}

# Never a prompt; the lock of dpkg is waited for; a changed conffile is kept.
apt() {
  DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# invoke-rc.d and deb-systemd-invoke ask this file before they start a daemon.
POLICY=/usr/sbin/policy-rc.d
forbid_autostart() {
  [ -e "$POLICY" ] || printf '#!/bin/sh\n# converge: daemons are not started by their packages\nexit 101\n' >"$POLICY"
  chmod 0755 "$POLICY"
}
# Also at the start of every apply: a run that was killed in between must not forbid starts for ever.
allow_autostart() {
  if [ -z "$R" ] && [ -f "$POLICY" ] && grep -q '^# converge: ' "$POLICY"; then rm -f -- "$POLICY"; fi
}

lists_are_old() {
  [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 2>/dev/null)" ]
}

do_package() {
  [ -z "$R" ] || {
    say 'packages cannot be installed into a root tree'
    return 1
  }
  command -v apt-get >/dev/null || {
    say 'apt-get is missing: packages are supported on Debian and its derivatives'
    return 1
  }
  autostart=$1 update=$2
  shift 2
  if [ "$update" = yes ] && lists_are_old; then apt update || return; fi
  # Left by an interrupted installation; without it apt refuses to go on.
  if [ -n "$(find /var/lib/dpkg/updates -type f 2>/dev/null)" ]; then
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a || return
  fi
  pairs=$#
  while [ "$pairs" -gt 0 ]; do
    set -- "$@" "$1${2:+=$2}"
    shift 2
    pairs=$((pairs - 2))
  done
  [ "$autostart" = yes ] || forbid_autostart
  apt --allow-downgrades --no-install-recommends install -- "$@"
  result=$?
  allow_autostart
  return "$result"
}

is_remove_package() {
  for wanted; do
    if is_package no no "$wanted" ''; then return 1; fi
  done
}
do_remove_package() { apt remove -- "$@"; }

# archive URL SUM PATH STRIP: the tree that is extracted carries its archive's sum; a new one takes its place whole.
is_archive() {
  stamp=
  [ ! -r "$R$3/.converge-archive" ] || read -r stamp <"$R$3/.converge-archive"
  [ "$stamp" = "$2" ]
}
do_archive() {
  temporary_in "$R${3%/*}" || return 1
  work=$temporary
  rm -rf -- "$work" && (umask 022 && mkdir -p -- "$work/tree") || return 1
  extract "$1" "$2" "$work" "$4" && take_tree "$work" "$R$3"
  result=$?
  rm -rf -- "$work"
  return "$result"
}

extract() {
  download "$1" "$3/archive" || {
    say "cannot download $1"
    return 1
  }
  read -r sum _ <<END
$(sums "$3/archive")
END
  [ "${sum#\\}" = "$2" ] || {
    say "wrong sha256 of $1: got ${sum#\\}, want $2"
    return 1
  }
  case $1 in
    *.tar.xz | *.txz) format=-J ;;
    *.tar.bz2 | *.tbz2) format=-j ;;
    *.tar) format= ;;
    *.zip)
      say 'zip archives are not supported; use a tar archive'
      return 1
      ;;
    *) format=-z ;;
  esac
  # shellcheck disable=SC2086
  (umask 022 && tar -x $format -o -f "$3/archive" -C "$3/tree" --strip-components="$4") || return 1
  say "$2" >"$3/tree/.converge-archive" && chmod 0644 "$3/tree/.converge-archive" && chmod 0755 "$3/tree"
}

# The old tree goes only after the new one is complete on disk.
take_tree() {
  sync
  if [ -e "$2" ] || [ -L "$2" ]; then
    # Under its own name, by which `sweep` puts it back where this ends before the next line.
    mkdir -- "$1/old" && mv -f -- "$2" "$1/old/" || return 1
  fi
  point 'the old tree made way'
  mv -f -- "$1/tree" "$2" || {
    result=$?
    sweep "${2%/*}"
    return "$result"
  }
  durable "${2%/*}/"
}

download() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 --connect-timeout 10 -o "$2" -- "$1"
  elif command -v wget >/dev/null; then
    wget -q -T 30 -O "$2" "$1"
  else
    say 'neither curl nor wget is there; install one of them first (a package resource before this one)'
    return 1
  fi
}

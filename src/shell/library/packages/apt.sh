# The package manager of Debian and its derivatives.

apt_is_here() { [ -d "$R/var/lib/dpkg" ] && command -v dpkg-query >/dev/null; }

# A name alone is the package of the host's own architecture, NAME:ARCH that of any.
apt_query() {
  # Absent unless the host has several; then its own is the first.
  native=
  [ ! -r "$R/var/lib/dpkg/arch" ] || read -r native <"$R/var/lib/dpkg/arch"
  # An unknown name only makes dpkg-query complain: what it does not list is not installed.
  found=$(dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${Package} ${Architecture} ${db:Status-Status} ${db:Status-Want} ${Version}\n' -- "$@" 2>/dev/null |
    while read -r package arch status want version; do
      [ "$status" = installed ] || continue
      [ "$want" != hold ] || version="$version held"
      say "$package:$arch $version"
      case $arch in all | "${native:-$arch}") say "$package $version" ;; esac
    done)
  [ -z "$found" ] || say "$found"
  for package; do
    case $NL$found in *"$NL$package "*) ;; *) set -- "$@" "$package" ;; esac
    shift
  done
  PACKAGES_MISSING=$*
  [ $# -eq 0 ] || apt_providers "$@" | while read -r package version _; do say "$package $version"; done
}

apt_offers() {
  offers=$(apt-cache policy -- "$@" 2>/dev/null </dev/null | while read -r word version more; do
    # What dpkg knows: as if it were not installed, and not if no source has it.
    [ "$word" != '***' ] || [ "$more" = 100 ] || word=$version version=$more more=
    case $word/$version$more in
      *:/) package=${word%:} && say "offer $package" ;;
      *:/* | */ | */*[!0-9]*) ;;
      *) say "offer $package $word" ;;
    esac
  done)
  [ -z "$offers" ] || say "$offers"
  # apt itself chooses under which name it lists a package of a declared architecture.
  for package; do
    case $package$NL$offers$NL in *:*"$NL"* | *"${NL}offer $package$NL"*) ;; *) say "unknown $package" ;; esac
  done
}

# apt_providers PACKAGE ... : a line `PACKAGE VERSION PROVIDER` for each that is only virtual and provided by an installed one.
apt_providers() {
  dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${db:Status-Status} ${Package} ${Version} ${Provides}\n' 2>/dev/null |
    while read -r status provider version provides; do
      [ "$status" = installed ] || continue
      for package; do
        case " $provides," in
          *" $package,"* | *" $package ("*)
            # Its exit code is 0 for a virtual package as well.
            [ -n "$(apt-cache show -- "$package" 2>/dev/null </dev/null | head -n 1)" ] || say "$package $version $provider"
            ;;
        esac
      done
    done
}

apt_takes_along() {
  apt-get -s -q remove -- "$1" 2>/dev/null | while read -r verb other _; do
    [ "$verb" != Remv ] || [ "$other" = "${1%:*}" ] || [ "$other" = "$1" ] || say "$1 $other"
  done
}

apt_is_fresh() {
  lists=$R/var/lib/apt/lists
  [ -n "$(find "$lists" -maxdepth 1 -name '*_Packages*' -mtime -1 2>/dev/null)" ] &&
    [ -z "$(find "$R/etc/apt" -newer "$lists" 2>/dev/null)" ]
}

apt_refresh() {
  if apt_is_fresh; then return 0; fi
  problems=$(apt_get update 2>&1)
  result=$?
  # apt lists what it could not fetch as errors, or as warnings if an older list of it is there.
  say "$problems" | sed -n 's/^E: /the package lists cannot be refreshed: /p; s/^W: Failed to fetch /the package lists cannot be refreshed: /p'
  # The files in it have the times of their sources.
  [ "$result" -ne 0 ] || touch "$lists"
  return "$result"
}

# What an interrupted installation left. apt refuses to go on after some of it, and takes a package that was not wholly
# unpacked for one that is installed.
apt_mend() {
  result=0
  forbid_autostart
  if [ -n "$(find "$R/var/lib/dpkg/updates" -type f 2>/dev/null)" ]; then
    DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a || result=$?
  fi
  torn=$(dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${db:Status-Status} ${binary:Package}\n' 2>/dev/null | sed -n 's/^half-installed //p')
  # shellcheck disable=SC2086 # names of packages have no blanks
  [ -z "$torn" ] || apt_get --reinstall install -- $torn || result=$?
  allow_autostart
  return "$result"
}

apt_install() {
  autostart=$1 downgrades=
  shift
  pairs=$(($# / 2))
  while [ "$pairs" -gt 0 ]; do
    version=$2
    [ -z "$version" ] || {
      downgrades=--allow-downgrades
      fitting_version "$version" "$(apt_offers "$1")"
    }
    set -- "$@" "$1${version:+=$version}"
    shift 2
    pairs=$((pairs - 1))
  done
  [ "$autostart" = yes ] || forbid_autostart
  # shellcheck disable=SC2086
  apt_get $downgrades --no-install-recommends install -- "$@"
  result=$?
  allow_autostart
  return "$result"
}

# For a virtual package what provides it is removed.
apt_remove() {
  provided=$NL$(apt_providers "$@")
  for package; do
    shift
    case $provided in
      *"$NL$package "*)
        package=${provided#*"$NL$package "*' '}
        package=${package%%"$NL"*}
        ;;
    esac
    set -- "$@" "$package"
  done
  apt_get remove -- "$@"
}

apt_hold() { apt-mark hold -- "$@"; }
apt_release() { apt-mark unhold -- "$@"; }

# Never prompts; waits for the lock of dpkg; keeps changed conffiles.
apt_get() {
  DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 apt-get -q -y \
    -o DPkg::Lock::Timeout="$PACKAGES_WAIT" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

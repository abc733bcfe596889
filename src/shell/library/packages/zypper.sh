# The package manager of SUSE's distributions.

# Others can have it as well, as SUSE's can have dnf.
zypper_is_here() { rpm_is_here && command -v zypper >/dev/null && { [ -e "$R/etc/products.d/baseproduct" ] || ! command -v dnf >/dev/null; }; }

zypper_query() { rpm_query "$(zypper_holds)" "$@"; }

zypper_holds() {
  say
  sed -n 's/^solvable_name: *//p' "$R/etc/zypp/locks" 2>/dev/null
  say .
}

zypper_is_fresh() { rpm_lists_are_fresh "$R/var/cache/zypp/raw" "$R/etc/zypp/repos.d" "$R/etc/zypp/zypp.conf"; }

zypper_offers() {
  offers=$(zypper_search "$@" | while read -r package arch version; do
    case " $* " in *" $package "*) say "offer $package $version" ;; esac
    case " $* " in *" $package.$arch "*) say "offer $package.$arch $version" ;; esac
  done)
  [ -z "$offers" ] || say "$offers"
  for package; do
    case $NL$offers in *"${NL}offer $package "*) continue ;; esac
    if [ -n "$(zypper_search --provides "$package")" ]; then say "offer $package"; else say "unknown $package"; fi
  done
}

# zypper_search [--provides] NAME ... : a line `NAME ARCH VERSION` for each version in the lists, the newest first.
zypper_search() {
  zypper -x -n --no-refresh search -s --match-exact --type package "$@" 2>/dev/null </dev/null |
    sed -n 's/.*<solvable .* name="\([^"]*\)".* edition="\([^"]*\)" arch="\([^"]*\)" repository="[^(].*/\1 \3 \2/p'
}

zypper_takes_along() { rpm_takes_along "$@"; }

zypper_refresh() {
  if zypper_is_fresh; then return 0; fi
  problems=$(zypper_run refresh 2>&1)
  result=$?
  [ "$result" -eq 0 ] || say "$problems" | sed -n "s/^\(Error\|Problem\|Repository\)/the package lists cannot be refreshed: &/p"
  [ "$result" -ne 0 ] || touch "$R/var/cache/zypp/raw"
  return "$result"
}

zypper_mend() { zypper_await_lock && rpm_mend; }

zypper_install() {
  autostart=$1
  shift
  offers=
  pairs=$(($# / 2))
  while [ "$pairs" -gt 0 ]; do
    version=$2
    # zypper knows a version only with its epoch.
    [ -z "$version" ] || fitting_version "$version" "$(zypper_offers "$1")"
    set -- "$@" "$1${version:+=$version}"
    shift 2
    pairs=$((pairs - 1))
  done
  # Without it the version that a spec asks for may not be an older one.
  case $* in *=*) set -- --oldpackage "$@" ;; esac
  set -- zypper_run --no-refresh install --no-recommends "$@"
  zypper_await_lock || return
  if [ "$autostart" = yes ]; then "$@"; else rpm_without_starts "$@"; fi
}

zypper_remove() { zypper_await_lock && zypper_run --no-refresh remove "$@"; }

zypper_hold() { zypper_run addlock "$@"; }
zypper_release() { zypper_run removelock "$@"; }

# Never prompts; waits for zypper's own lock.
zypper_run() { ZYPP_LOCK_TIMEOUT=$PACKAGES_WAIT zypper -q -n "$@"; }

zypper_await_lock() { await_lock "$R/run/zypp.pid" "$R/var/run/zypp.pid" "$R/var/lib/rpm/.rpm.lock" "$R/usr/lib/sysimage/rpm/.rpm.lock"; }

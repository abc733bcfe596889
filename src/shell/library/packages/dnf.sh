# The package manager of Fedora, RHEL and their derivatives, versions 4 and 5.

dnf_is_here() { rpm_is_here && command -v dnf >/dev/null; }

dnf_query() { rpm_query "$(dnf_holds)" "$@"; }

# The names of locked packages, each between newlines: those of dnf 4's plugin, which notes NAME-EPOCH:VERSION-RELEASE.*, and of dnf 5.
dnf_holds() {
  say
  sed -n '/^[!#]/!s/-[0-9*]*:[^-]*-[^-]*$//p' "$R/etc/dnf/plugins/versionlock.list" 2>/dev/null
  sed -n 's/^name = "\(.*\)"$/\1/p' "$R/etc/dnf/versionlock.toml" 2>/dev/null
  say .
}

dnf_is_fresh() {
  for lists in "$R/var/cache/libdnf5" "$R/var/cache/dnf"; do
    if rpm_lists_are_fresh "$lists" "$R/etc/yum.repos.d" "$R/etc/dnf/dnf.conf"; then return 0; fi
  done
  return 1
}

dnf_offers() {
  offers=$(dnf_list "$@")
  [ -z "$offers" ] || say "$offers"
  for package; do
    case $NL$offers in *"${NL}offer $package "*) continue ;; esac
    if [ -n "$(dnf_lines --whatprovides "$package")" ]; then say "offer $package"; else say "unknown $package"; fi
  done
}

dnf_list() {
  dnf_lines -- "$@" | while read -r package arch version; do
    version=${version#0:}
    case " $* " in *" $package "*) say "offer $package $version" ;; esac
    case " $* " in *" $package.$arch "*) say "offer $package.$arch $version" ;; esac
  done
}

# dnf 4 ends each line by itself.
dnf_lines() { dnf -q -C repoquery --qf '%{name} %{arch} %{epoch}:%{version}-%{release}\n' "$@" 2>/dev/null </dev/null; }

dnf_takes_along() { rpm_takes_along "$@"; }

dnf_refresh() {
  if dnf_is_fresh; then return 0; fi
  dnf_await_lock || return
  problems=$(dnf -q -y makecache --refresh 2>&1)
  result=$?
  say "$problems" | sed -n 's/^Error: /the package lists cannot be refreshed: /p; s/^Failed /the package lists cannot be refreshed: failed /p'
  if [ "$result" -eq 0 ]; then
    for lists in "$R/var/cache/libdnf5" "$R/var/cache/dnf"; do [ ! -d "$lists" ] || touch "$lists"; done
  fi
  return "$result"
}

dnf_mend() { dnf_await_lock && rpm_mend; }

dnf_install() {
  autostart=$1
  shift
  pairs=$(($# / 2))
  while [ "$pairs" -gt 0 ]; do
    dnf_spec "$1" "$2"
    set -- "$@" "$spec"
    shift 2
    pairs=$((pairs - 1))
  done
  set -- dnf -q -y --setopt=install_weak_deps=False install -- "$@"
  dnf_await_lock || return
  if [ "$autostart" = yes ]; then "$@"; else rpm_without_starts "$@"; fi
}

# Sets spec to NAME-VERSION.ARCH. What the version lacks, epoch or release, may be any; dnf takes the newest.
dnf_spec() {
  spec=$1${2:+-$2}
  case $2/$1 in
    /*) ;;
    *.noarch | *.x86_64 | *.i[3-6]86 | *.aarch64 | *.armv7hl | *.ppc64le | *.s390x | *.riscv64) spec=${1%.*}-$2.${1##*.} ;;
  esac
}

dnf_remove() {
  dnf_await_lock && dnf -q -y --setopt=clean_requirements_on_remove=False remove -- "$@"
}

dnf_hold() { dnf_lock add "$@"; }
dnf_release() { dnf_lock delete "$@"; }
dnf_lock() {
  dnf -q versionlock --help >/dev/null 2>&1 </dev/null || {
    say 'dnf holds packages by its versionlock plugin, which this host does not have; install it first (python3-dnf-plugin-versionlock)'
    return 1
  }
  dnf -q -y versionlock "$@"
}

# dnf itself waits without end, and without saying for whom.
dnf_await_lock() {
  await_lock "$R"/var/cache/dnf/*_lock.pid "$R"/var/lib/dnf/*_lock.pid "$R/run/dnf/rpmtransaction.lock" "$R/var/lib/rpm/.rpm.lock" "$R/usr/lib/sysimage/rpm/.rpm.lock"
}

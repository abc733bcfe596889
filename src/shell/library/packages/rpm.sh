# What the package managers of rpm's world have in common. A version is EPOCH:VERSION-RELEASE, without an epoch of 0.

rpm_is_here() { command -v rpm >/dev/null && [ -d "${R:-/}" ] && { [ -d "$R/var/lib/rpm" ] || [ -d "$R/usr/lib/sysimage/rpm" ]; }; }

# rpm_query HELD PACKAGE ... : HELD has the names of held packages, each between newlines. A name is that of a package, NAME.ARCH,
# or what a package provides.
rpm_query() {
  held=$1
  shift
  found=$(rpm ${R:+--root "$R"} -q --qf '+ %{NAME} %{ARCH} %{EVR}\n' -- "$@" 2>/dev/null | while read -r mark package arch version; do
    [ "$mark" = + ] || continue
    case $held in *"$NL$package$NL"*) version="$version held" ;; esac
    say "$package $version"
    say "$package.$arch $version"
  done)
  rpm_missing "$@"
  [ -z "$missing" ] || {
    # shellcheck disable=SC2086 # names of packages have no blanks
    provided=$(rpm_providers $missing | while read -r package version provider; do
      case $held in *"$NL$provider$NL"*) version="$version held" ;; esac
      say "$package $version"
    done)
    found=$found${provided:+$NL}$provided
    rpm_missing "$@"
  }
  [ -z "$found" ] || say "$found"
  PACKAGES_MISSING=$missing
}

# Sets missing to the names that the lines in found do not start with.
rpm_missing() {
  missing=
  for package; do
    case $NL$found in *"$NL$package "*) ;; *) missing="$missing${missing:+ }$package" ;; esac
  done
}

# rpm_providers NAME ... : a line `NAME VERSION PROVIDER` for each that an installed package provides.
rpm_providers() {
  rpm ${R:+--root "$R"} -q --qf '[+ %{PROVIDENAME} %{=EVR} %{=NAME}\n]' --whatprovides -- "$@" 2>/dev/null |
    while read -r mark name version provider; do
      [ "$mark" = + ] || continue
      case " $* " in *" $name "*) say "$name $version $provider" ;; esac
    done
}

# What needs it, and what needs that: rpm itself removes nothing besides.
rpm_takes_along() {
  asked=$1
  set -- "$1"
  while :; do
    needing=$(rpm -e --test -- "$@" 2>&1 | sed -n 's/.* is needed by (installed) \(.*\)-[^-]*-[^-]*$/\1/p')
    before=$#
    for other in $needing; do
      case " $* " in *" $other "*) ;; *) set -- "$@" "$other" ;; esac
    done
    [ $# -gt "$before" ] || break
  done
  shift
  for other; do say "$asked $other"; done
}

# What an interrupted transaction left: a database that cannot be read, or two versions of one package, of which the one that
# came later was to replace the other.
rpm_mend() {
  installed=$(rpm -qa --qf '%{NAME} %{ARCH} %{INSTALLTID} %{EVR}\n') || {
    rpm --rebuilddb && installed=$(rpm -qa --qf '%{NAME} %{ARCH} %{INSTALLTID} %{EVR}\n') || return
  }
  # Of these a host may have several. Keys provide nothing by their name.
  several=gpg-pubkey$NL$(rpm -q --qf '%{NAME}\n' --whatprovides 'installonlypkg(kernel)' 'installonlypkg(kernel-module)' 'multiversion(kernel)' kernel 2>/dev/null)
  replaced=$(say "$installed" | sort -k1,1 -k2,2 -k3,3n | while read -r name arch _ version; do
    case $NL$several$NL in *"$NL$name$NL"*) continue ;; esac
    [ "$name.$arch" != "${last-}" ] || say "$name-$older.$arch"
    last=$name.$arch older=$version
  done)
  for package in $replaced; do
    say "$package was being replaced when that was interrupted"
    rpm -e --nodeps -- "$package" || return
  done
}

# rpm_without_starts COMMAND ... : systemctl then enables units, but starts and stops none.
rpm_without_starts() {
  SYSTEMD_OFFLINE=1 "$@" || return
  # Which it was not asked to do either.
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
}

# The files of a package manager's lists DIRECTORY are younger than a day and than their SOURCE ...; the files have the times of
# their sources, so that it is the directory's own time that counts.
rpm_lists_are_fresh() {
  lists=$1
  shift
  [ -n "$(find "$lists" -prune -mtime -1 2>/dev/null)" ] &&
    [ -n "$(find "$lists" -name repomd.xml 2>/dev/null | head -n 1)" ] &&
    [ -z "$(find "$@" -newer "$lists" 2>/dev/null)" ]
}

# The package manager of Alpine, versions 2 and 3. /etc/apk/world has what is asked for: NAME, or NAME=VERSION, which holds it there.

apk_is_here() { apk_database && command -v apk >/dev/null; }

apk_database() {
  for database in "$R/lib/apk/db/installed" "$R/usr/lib/apk/db/installed"; do
    if [ -f "$database" ]; then return 0; fi
  done
  return 1
}

# Read from apk's own database, whose lines are `P:NAME`, `V:VERSION`, `A:ARCH`, `p:PROVIDED=VERSION ...`, and an empty one at the end.
apk_query() {
  apk_database
  held=$(apk_holds)
  found=$({ sed -n 's/^\([PVp]\):/\1 /p; /^$/s//./p' "$database" && say .; } | {
    name= provided=
    while read -r key value; do
      case $key in
        P) name=$value ;;
        V) version=$value ;;
        p) provided=$value ;;
        *)
          [ -n "$name" ] || continue
          case $held in *"$NL$name$NL"*) version="$version held" ;; esac
          for other in "$name" $provided; do
            other=${other%%[=<>~]*}
            case " $* " in *" $other "*) say "$other $version" ;; esac
          done
          name= provided=
          ;;
      esac
    done
  })
  [ -z "$found" ] || say "$found"
  for package; do
    case $NL$found in *"$NL$package "*) ;; *) set -- "$@" "$package" ;; esac
    shift
  done
  PACKAGES_MISSING=$*
}

# The names in world with a version, each between newlines.
apk_holds() {
  say
  sed -n 's/^\([^=<>~]*\)[=<>~].*/\1/p' "$R/etc/apk/world" 2>/dev/null
  say .
}

apk_is_fresh() {
  for lists in "$R/etc/apk/cache/" "$R/var/cache/apk"; do
    if [ -n "$(find "$lists" -prune -mtime -1 2>/dev/null)" ] && [ -n "$(find "$lists" -name 'APKINDEX*' 2>/dev/null | head -n 1)" ] &&
      [ -z "$(find "$R/etc/apk/repositories" "$R/etc/apk/repositories.d" "$R/etc/apk/keys" -newer "$lists" 2>/dev/null)" ]; then return 0; fi
  done
  return 1
}

apk_offers() {
  offers=$(apk --no-network policy "$@" 2>/dev/null </dev/null | {
    newest_first=
    while read -r word more; do
      case $word/$more in
        */policy:) package=$word ;;
        *:/) newest_first="offer $package ${word%:}$NL$newest_first" ;;
      esac
    done
    printf '%s' "$newest_first"
  })
  [ -z "$offers" ] || say "$offers"
  for package; do
    case $NL$offers in *"${NL}offer $package "*) continue ;; esac
    if [ -n "$(apk --no-network search -q -e "$package" 2>/dev/null </dev/null)" ]; then say "offer $package"; else say "unknown $package"; fi
  done
}

# apk also removes what nothing needs any more.
apk_takes_along() {
  apk --no-network del -s -r "$1" 2>/dev/null </dev/null | while read -r _ verb other _; do
    [ "$verb" != Purging ] || [ "$other" = "$1" ] || say "$1 $other"
  done
}

apk_refresh() {
  if apk_is_fresh; then return 0; fi
  problems=$(apk_run update 2>&1)
  result=$?
  say "$problems" | sed -n 's/^\(ERROR\|WARNING\): /the package lists cannot be refreshed: /p'
  if [ "$result" -eq 0 ]; then
    for lists in "$R/etc/apk/cache/" "$R/var/cache/apk"; do [ ! -d "$lists" ] || touch "$lists"; done
  fi
  return "$result"
}

# The database marks packages whose files or scripts are not whole.
apk_mend() {
  apk_database
  if grep -q '^f:.*[fsx]' "$database"; then apk_run fix; fi
}

# Services of Alpine are never started by their packages.
apk_install() {
  shift
  pairs=$(($# / 2)) pinned=
  while [ "$pairs" -gt 0 ]; do
    version=$2
    # apk knows a version only with its release.
    [ -z "$version" ] || {
      fitting_version "$version" "$(apk_offers "$1")"
      pinned="$pinned $1"
    }
    set -- "$@" "$1${version:+=$version}"
    shift 2
    pairs=$((pairs - 1))
  done
  apk_run add "$@" || return
  # shellcheck disable=SC2086 # names of packages have no blanks
  [ -z "$pinned" ] || apk_release $pinned
}

# Without -r apk keeps what another package needs, and calls that a success.
apk_remove() { apk_run del -r "$@"; }

apk_hold() {
  for package; do
    version=$(apk_query "$package") || return
    version=${version#* }
    shift
    set -- "$@" "$package=${version%% *}"
  done
  apk_run add "$@"
}
# The installed version stays.
apk_release() { apk_run add "$@"; }

# Never prompts; waits for the lock of the database.
apk_run() {
  apk --no-interactive --wait "$PACKAGES_WAIT" "$@" </dev/null
  result=$?
  apk_database
  [ "$result" -eq 0 ] || { lock_holder "${database%/*}/lock" && say "$holder holds the lock of apk"; }
  return "$result"
}

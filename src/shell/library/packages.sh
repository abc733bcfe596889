# Operations on packages, the same for all package managers (probes/packages.sh).

# package AUTOSTART(yes|no) UPDATE(yes|no) NAME VERSION-OR-EMPTY ...
is_package() {
  shift 2
  find_package_manager || return 1
  while [ $# -gt 0 ]; do
    case $NL$("${PACKAGE_MANAGER}_query" "$1")$NL in
      *"$NL$1 $2${2:+$NL}"* | *"$NL$1 $2${2:+ held$NL}"*) shift 2 ;;
      *) return 1 ;;
    esac
  done
}
do_package() {
  can_change_packages || return
  autostart=$1 update=$2
  shift 2
  # A source that fails does not keep what others have; what it said comes first if the installation fails.
  [ "$update" = no ] || "${PACKAGE_MANAGER}_refresh" || :
  "${PACKAGE_MANAGER}_install" "$autostart" "$@"
}

# remove_package NAME ...
is_remove_package() {
  for package; do
    if is_package no no "$package" ''; then return 1; fi
  done
}
do_remove_package() {
  can_change_packages || return
  # A package manager refuses names that it does not know.
  for package; do
    shift
    is_remove_package "$package" || set -- "$@" "$package"
  done
  [ $# -eq 0 ] || "${PACKAGE_MANAGER}_remove" "$@"
}

can_change_packages() {
  if [ -n "$R" ]; then
    say 'packages cannot be changed in a root tree; apply to the booted host instead'
  elif ! find_package_manager; then
    say "this host has none of the supported package managers: $package_managers"
  else
    return 0
  fi
  return 1
}

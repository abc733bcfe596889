# Which packages are installed, and which package manager the host has. A package manager NAME is one file,
# packages/NAME.sh, with seven functions:
#
#   NAME_is_here                                whether the host has it
#   NAME_query PACKAGE ...                      a line `PACKAGE VERSION` for each name of a package that is installed or
#                                               provided by one, `PACKAGE VERSION held` if it is held;
#                                               sets PACKAGES_MISSING to the others
#   NAME_offers PACKAGE ...                     if a refresh would do nothing: for each a line `offer PACKAGE`, a line `offer PACKAGE VERSION`
#                                               for each version in the package lists, `unknown PACKAGE` if these do not have it
#   NAME_takes_along PACKAGE                    a line `PACKAGE OTHER` for each other package that its removal removes
#   NAME_refresh                                brings the package lists up to date if they are old or their sources are newer;
#                                               fails with a line that names what is wrong
#   NAME_install AUTOSTART PACKAGE VERSION ...  installs packages; any version if VERSION is empty
#   NAME_remove PACKAGE ...
package_managers='apt'
PACKAGES_UNSUPPORTED=

# Sets PACKAGE_MANAGER, or fails.
find_package_manager() {
  for PACKAGE_MANAGER in $package_managers; do
    if "${PACKAGE_MANAGER}_is_here"; then return 0; fi
  done
  return 1
}

# inspect_packages PACKAGE ...
inspect_packages() {
  if find_package_manager; then
    say packages
    "${PACKAGE_MANAGER}_query" "$@"
    say 'packages end'
  else
    PACKAGES_UNSUPPORTED=yes
    say "packages unsupported $package_managers"
  fi
}

# What could be installed of the packages that are missing.
inspect_offers() {
  [ -z "${PACKAGES_MISSING-}" ] || [ -n "$R" ] || eval "${PACKAGE_MANAGER}_offers $PACKAGES_MISSING"
}

# inspect_removals PACKAGE ... : what goes along with packages that a prune may remove.
inspect_removals() {
  say removals
  if [ $# -gt 0 ] && [ -z "$R" ] && find_package_manager; then
    for package; do "${PACKAGE_MANAGER}_takes_along" "$package"; done
  fi
  say 'removals end'
}

# Which packages are installed, and which package manager the host has. A package manager NAME is one file,
# packages/NAME.sh, with eleven functions:
#
#   NAME_is_here                                whether the host has it
#   NAME_query PACKAGE ...                      a line `PACKAGE VERSION` for each name of a package that is installed or
#                                               provided by one, `PACKAGE VERSION held` if it is held;
#                                               sets PACKAGES_MISSING to the others
#   NAME_is_fresh                               whether a refresh would do nothing
#   NAME_offers PACKAGE ...                     from the package lists as they are: for each a line `offer PACKAGE VERSION` for each version,
#                                               `offer PACKAGE` if it is only provided, `unknown PACKAGE` if they do not have it
#   NAME_takes_along PACKAGE                    a line `PACKAGE OTHER` for each other package that its removal removes
#   NAME_refresh                                brings the package lists up to date if they are old or their sources are newer;
#                                               fails with a line that names what is wrong
#   NAME_mend                                   completes what an interrupted transaction left
#   NAME_install AUTOSTART PACKAGE VERSION ...  installs packages in one transaction; any version if VERSION is empty, else the newest
#                                               that fits, also an older one than is installed
#   NAME_remove PACKAGE ...
#   NAME_hold PACKAGE ...                       keeps installed packages at their versions
#   NAME_release PACKAGE ...
#
# None of them prompts, starts a daemon unless AUTOSTART is yes, or waits for a lock without end.
package_managers='apt zypper dnf apk'

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
  [ -z "${PACKAGES_MISSING-}" ] || [ -n "$R" ] || ! "${PACKAGE_MANAGER}_is_fresh" || eval "${PACKAGE_MANAGER}_offers $PACKAGES_MISSING"
}

# inspect_removals PACKAGE ... : what goes along with packages that a prune may remove.
inspect_removals() {
  say removals
  if [ $# -gt 0 ] && [ -z "$R" ] && find_package_manager; then
    for package; do "${PACKAGE_MANAGER}_takes_along" "$package"; done
  fi
  say 'removals end'
}

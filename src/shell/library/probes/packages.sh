# Which packages are installed, and which package manager the host has. A package manager NAME is one file,
# packages/NAME.sh, with five functions:
#
#   NAME_is_here                                whether the host has it
#   NAME_query PACKAGE ...                      a line `PACKAGE VERSION` for each name of a package that is installed
#   NAME_refresh                                brings the package lists up to date if they are old
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

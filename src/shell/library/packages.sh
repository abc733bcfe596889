# Operations on packages, the same for all package managers (probes/packages.sh). Consecutive installations are one transaction.

# package AUTOSTART(yes|no) UPDATE(yes|no) NAME VERSION-OR-EMPTY HOLD(yes|no|'') ...
is_package() {
  shift 2
  find_package_manager || return 1
  while [ $# -gt 0 ]; do
    has_package "$@" || return 1
    shift 3
  done
}

# has_package NAME VERSION HOLD
has_package() {
  "${PACKAGE_MANAGER}_query" "$1" | {
    fits=1
    while read -r package version held; do
      [ "$package" = "$1" ] && fits_version "$version" "$2" || continue
      case $3-$held in yes- | no-held) ;; *) fits=0 ;; esac
    done
    return "$fits"
  }
}

# fits_version VERSION WANTED: any if WANTED is empty; what WANTED lacks, the epoch or what follows the last hyphen, may be any.
fits_version() {
  bare=${1#*:}
  case $2 in '' | "$1" | "$bare" | "${1%-*}" | "${bare%-*}") ;; *) return 1 ;; esac
}

# fitting_version WANTED OFFERS: sets version to the newest that fits of lines `offer PACKAGE VERSION`, one as it is written
# before others; to WANTED if there is none.
fitting_version() {
  version=
  while read -r _ _ offered; do
    if [ "$offered" = "$1" ]; then version=$1; fi
    if [ -z "$version" ] && [ -n "$offered" ] && fits_version "$offered" "$1"; then version=$offered; fi
  done <<END
$2
END
  version=${version:-$1}
}

# It waits for further ones (flush_packages).
do_package() {
  PACKAGES=$((PACKAGES + 1)) PACKAGES_ALIKE="$1 $2" packages=
  shift 2
  for word; do packages="$packages $(quote_word "$word")"; done
  eval "P${PACKAGES}_NUMBER=\$NUMBER P${PACKAGES}_WORDS=\$packages"
  OWED=$OWED$NEXT_OWED RECORDS=$RECORDS$NEXT_RECORDS NEXT_OWED= NEXT_RECORDS=
}

# Installs what waits. If that fails, each by itself, so that the failure is that of one package.
flush_packages() {
  [ "$PACKAGES" -gt 0 ] || return 0
  count=$PACKAGES PACKAGES=0 all=
  journal_now || {
    fail "$P1_NUMBER" 'the journal cannot be written' /dev/null
    return 0
  }
  index=1
  while [ "$index" -le "$count" ]; do
    eval "all=\"\$all \$P${index}_WORDS\""
    index=$((index + 1))
  done
  point 'packages journalled'
  if [ "$count" -eq 1 ] || ! install_now "$all"; then one_by_one=yes; else one_by_one=; fi
  index=1
  while [ "$index" -le "$count" ] && [ -z "$FAILED" ]; do
    eval "number=\$P${index}_NUMBER all=\$P${index}_WORDS"
    if [ -z "$one_by_one" ] || install_now "$all"; then
      point "acted package $number"
      emit "done $number"
    else
      fail "$number" "exit $result" "$RUN/output"
    fi
    index=$((index + 1))
  done
  forget_ways
  RAN=yes
}

# install_now WORDS: NAME VERSION HOLD ..., as words for eval.
install_now() {
  eval "install_packages $PACKAGES_ALIKE $1" >"$RUN/output" 2>&1 8>&- 9>&- || {
    result=$?
    return 1
  }
}

# install_packages AUTOSTART UPDATE NAME VERSION HOLD ...
install_packages() {
  can_change_packages || return
  autostart=$1 update=$2
  shift 2
  triples=$# wanted= freed= holds=
  while [ "$triples" -gt 0 ]; do
    name=$1 version=$2 hold=$3
    shift 3
    triples=$((triples - 3))
    installed=$("${PACKAGE_MANAGER}_query" "$name" | while read -r package live held; do
      [ "$package" != "$name" ] || say "$live $held"
    done)
    is_held=
    case $installed in *' held') is_held=yes ;; esac
    if [ -z "$installed" ] || ! has_package "$name" "$version" ''; then
      if [ -n "$is_held" ] && [ -z "$hold" ]; then
        say "the package $name is held at version ${installed%% *}; release it on the host, or declare this version"
        return 1
      fi
      wanted=yes
      set -- "$@" "$name" "$version"
      [ -z "$is_held" ] || freed="$freed $name" is_held=
    fi
    case $hold-$is_held in
      yes-) holds="$holds $name" ;;
      no-yes) freed="$freed $name" ;;
    esac
  done
  "${PACKAGE_MANAGER}_mend" || return
  # shellcheck disable=SC2086 # names of packages have no blanks
  [ -z "$freed" ] || "${PACKAGE_MANAGER}_release" $freed || return
  if [ -n "$wanted" ]; then
    # A source that fails does not keep what others have; what it said comes first if the installation fails.
    [ "$update" = no ] || "${PACKAGE_MANAGER}_refresh" || :
    "${PACKAGE_MANAGER}_install" "$autostart" "$@" || return
    while [ $# -gt 0 ]; do
      has_package "$1" "$2" '' || {
        say "$PACKAGE_MANAGER reports success, but the package $1${2:+ $2} is not installed"
        return 1
      }
      shift 2
    done
  fi
  # shellcheck disable=SC2086
  [ -z "$holds" ] || "${PACKAGE_MANAGER}_hold" $holds
}

# remove_package RELEASE(yes|no) NAME ...
is_remove_package() {
  shift
  for package; do
    if is_package no no "$package" '' ''; then return 1; fi
  done
}
do_remove_package() {
  can_change_packages || return
  release=$1 freed=
  shift
  # A package manager refuses names that it does not know, and one may remove what is held.
  for package; do
    shift
    installed=$("${PACKAGE_MANAGER}_query" "$package")
    case $NL$installed$NL in
      *"$NL$package "*' held'"$NL"*)
        [ "$release" = yes ] || {
          say "the package $package is held; release it on the host"
          return 1
        }
        freed="$freed $package"
        set -- "$@" "$package"
        ;;
      *"$NL$package "*) set -- "$@" "$package" ;;
    esac
  done
  # shellcheck disable=SC2086
  [ -z "$freed" ] || "${PACKAGE_MANAGER}_release" $freed || return
  [ $# -eq 0 ] || { "${PACKAGE_MANAGER}_mend" && "${PACKAGE_MANAGER}_remove" "$@"; }
}

can_change_packages() {
  if [ -n "$R" ]; then
    say 'packages cannot be changed in a root tree; apply to the booted host instead'
  elif ! find_package_manager; then
    say "this host has none of the supported package managers: $package_managers"
  elif [ ! -w /usr ]; then
    say '/usr is read-only on this host, so packages cannot be changed; use a system extension (systemd-sysext) or a container instead'
  else
    return 0
  fi
  return 1
}

# Seconds to wait for whoever else changes packages.
PACKAGES_WAIT=300

# await_lock FILE ... : waits until nobody holds a lock on one of the files that are there; says who does if that takes too long.
await_lock() {
  read_clock
  patience=$((CLOCK + PACKAGES_WAIT))
  for lock; do
    while lock_holder "$lock"; do
      read_clock
      [ "$CLOCK" -lt "$patience" ] || {
        say "$holder has held the lock $lock for $PACKAGES_WAIT seconds; wait for it to end, or end it"
        return 1
      }
      sleep 1
    done
  done
}

# lock_holder FILE: sets holder to the process that has locked it, or whose id it has, and that lives.
lock_holder() {
  [ -f "$1" ] || return 1
  pid=
  inode=$(stat -c %i -- "$1" 2>/dev/null)
  # `1: POSIX  ADVISORY  WRITE 812 08:01:1234 0 EOF`; a line of one that waits has an arrow.
  while read -r _ _ _ _ locker where _; do
    case $where in *:"$inode") pid=$locker ;; esac
  done </proc/locks
  [ -n "$pid" ] || case ${1##*/} in *.pid) read -r pid <"$1" || [ -n "$pid" ] ;; esac
  case $pid in '' | 0 | *[!0-9]*) return 1 ;; esac
  [ -d "/proc/$pid" ] || return 1
  holder="process $pid"
  [ ! -r "/proc/$pid/comm" ] || { read -r comm <"/proc/$pid/comm" && holder="$holder ($comm)"; }
}

# invoke-rc.d and deb-systemd-invoke ask this file before they start a daemon.
forbid_autostart() {
  policy=$R/usr/sbin/policy-rc.d
  [ -e "$policy" ] || {
    printf '#!/bin/sh\n# converge: daemons are not started by their packages\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
  }
}
# Also at the start of every apply: a killed run must not block starts forever.
allow_autostart() {
  policy=$R/usr/sbin/policy-rc.d
  if [ -f "$policy" ] && grep -q '^# converge: ' "$policy"; then rm -f -- "$policy"; fi
}

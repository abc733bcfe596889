# Owner, group and mode of a path.

own() {
  if can_own; then resolve_owner "$1" "$2" && chown -h "$OWNER:$GROUP" -- "$3"; fi
}

# set_mode MODE PATH: GNU chmod clears the set-ID bits of a directory only if the mode has five digits.
set_mode() { chmod "0$1" -- "$2"; }

# shed_entries FILE: takes from a file that stays the same one its access control list, by which others than those of its mode may
# read it. Without setfacl, or on a file system without lists, there is most likely none.
shed_entries() { ! command -v setfacl >/dev/null || setfacl -b -- "$1" >/dev/null 2>&1 || :; }

# Sets OWNER and GROUP to what chown takes. A root tree has accounts of its own, which the machine that it lies on does
# not know or knows under other numbers.
resolve_owner() {
  OWNER=$1 GROUP=$2
  [ -n "$R" ] || return 0
  tree_id passwd "$1" && OWNER=$TREE_ID && tree_id group "$2" && GROUP=$TREE_ID
}

tree_id() {
  case $2 in
    *[!0-9]*) TREE_ID= ;;
    *) TREE_ID=$2 ;;
  esac
  if [ -z "$TREE_ID" ] && [ -r "$R/etc/$1" ]; then
    while IFS=: read -r tree_name _ tree_number _ || [ -n "$tree_name" ]; do
      [ "$tree_name" != "$2" ] || TREE_ID=$tree_number
    done <"$R/etc/$1"
  fi
  [ -n "$TREE_ID" ] || [ "$2" != root ] || TREE_ID=0
  [ -n "$TREE_ID" ] || {
    say "there is no $2 in /etc/$1"
    return 1
  }
}

# relabel PATH: as SELinux wants it, where that is on.
relabel() { if [ -e /sys/fs/selinux/enforce ] && [ -z "$R" ] && command -v restorecon >/dev/null; then restorecon -- "$1"; fi; }

# install_file FROM TO MODE OWNER GROUP: a copy with its attributes, or nothing.
install_file() {
  if ! command -v install >/dev/null; then
    # A small busybox. The copy is private (umask) until it is its owner's.
    cp -- "$1" "$2" && own "$4" "$5" "$2" && set_mode "$3" "$2"
  elif can_own; then
    resolve_owner "$4" "$5" && install -m "$3" -o "$OWNER" -g "$GROUP" -- "$1" "$2"
  else
    install -m "$3" -- "$1" "$2"
  fi || {
    result=$?
    rm -f -- "$2"
    return "$result"
  }
}

# install_files DIRECTORY MODE OWNER GROUP FILE ... : the same of many that keep their names.
install_files() {
  into=$1 mode=$2
  ! can_own || resolve_owner "$3" "$4" || return 1
  shift 4
  if ! command -v install >/dev/null; then
    cp -- "$@" "$into/" || return 1
    for copied; do
      shift
      set -- "$@" "$into/${copied##*/}"
    done
    { ! can_own || chown -h "$OWNER:$GROUP" -- "$@"; } && chmod "0$mode" -- "$@"
  elif can_own; then
    install -m "$mode" -o "$OWNER" -g "$GROUP" -- "$@" "$into/"
  else
    install -m "$mode" -- "$@" "$into/"
  fi
}

# has_attributes PATH MODE OWNER GROUP
has_attributes() {
  read_stats "$R$1"
  read -r mode uid gid _ names <<END
$looked
END
  pad_mode
  [ "$mode" = "$2" ] || return 1
  can_own || return 0
  resolve_owner "$3" "$4" || return 1
  # In a root tree numbers are compared; otherwise names.
  user=${names%%:*} group=${names#*:}
  [ -z "$R" ] || user= group=
  { [ "$user" = "$3" ] || [ "$uid" = "$OWNER" ]; } && { [ "$group" = "$4" ] || [ "$gid" = "$GROUP" ]; }
}

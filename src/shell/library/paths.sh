# Operations on paths: attributes, directories, links, removals, kept contents. `write` has a file of its own.

# has_directory PATH: whether the parent is a directory; prints why not.
has_directory() {
  [ ! -d "$R$1/" ] || return 0
  if [ -e "$R$1" ]; then
    say "$1 is not a directory"
  else
    say "the directory $1 does not exist; declare it as a directory resource"
  fi
  return 1
}

# make_way PATH [KIND]: what converge made there as another kind of thing, if that is still there; after `place`.
make_way() {
  at "$1"
  case ${2-} in
    tree) [ -L "$HERE" ] || { has_no_mount "$R$1" && take_tree_away; } ;;
    directory) [ -L "$HERE" ] || [ ! -d "$HERE" ] || rmdir -- "$HERE" ;;
    file | link) { [ -d "$HERE" ] && [ ! -L "$HERE" ]; } || rm -f -- "$HERE" ;;
  esac
}

# has_no_mount PATH: whether nothing is mounted on or below a tree that goes; it would be emptied too.
has_no_mount() {
  MOUNTS=
  read_mounts
  case $MOUNTS in
    *" $1 "* | *" $1/"*)
      say "something is mounted in ${1#"$R"}; unmount it first"
      return 1
      ;;
  esac
}

# attributes PATH MODE OWNER GROUP
is_attributes() { [ ! -L "$R$1" ] && [ -e "$R$1" ] && has_attributes "$@"; }
do_attributes() {
  place "$1" || return 1
  [ ! -L "$HERE" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  set_attributes "$2" "$3" "$4"
}

# mkdir PATH MODE OWNER GROUP [KIND]: with its parents (0755).
is_mkdir() { [ -d "$R$1" ] && [ ! -L "$R$1" ] && has_attributes "$@"; }
do_mkdir() {
  # New parents are directory entries, too.
  [ -d "$R${1%/*}/" ] || { make_parents "${1%/*}" && sync; } || return 1
  place "$1" && make_way "$1" "${5-}" || return 1
  [ ! -L "$HERE" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  # It may no longer be root's alone, or be it only now.
  [ ! -d "$HERE" ] && [ -z "${5-}" ] || forget_ways
  if [ -d "$HERE" ]; then
    set_attributes "$2" "$3" "$4" && durable "$BESIDE"
  else
    make_directory "$2" "$3" "$4"
  fi
}

# make_directory MODE OWNER GROUP: at HERE.
make_directory() {
  made=$HERE
  [ -z "$PINNED" ] || made=$temporary
  mkdir -m 0700 -- "$made" || return 1
  point 'directory made'
  # What was looked at before it was there was not found to be root's.
  THEIRS=$NL
  own "$2" "$3" "$made" && set_mode "$1" "$made" || return
  [ -n "$PINNED" ] || {
    durable "$made" "$BESIDE"
    return
  }
  durable "$made" && { put "$made" || { rmdir -- "$made" && return 1; }; } && durable "$BESIDE"
}

# make_parents DIRECTORY: with those above it, 0755 and root's, whatever bits and group the next one above hands down.
make_parents() {
  [ ! -d "$R$1/" ] || return 0
  make_parents "${1%/*}" && place "$1" && make_directory 0755 root root && leave
}

# link PATH TARGET [KIND]: replaced in one rename.
is_link() { [ -L "$R$1" ] && [ "$(readlink "$R$1" && printf x)" = "$2${NL}x" ]; }
do_link() {
  has_directory "${1%/*}" && place "$1" || return 1
  [ "${3-}" = file ] || make_way "$1" "${3-}" || return
  [ -L "$HERE" ] || [ ! -e "$HERE" ] || { [ "${3-}" = file ] && [ -f "$HERE" ]; } || {
    say "something other than a link is at $1"
    return 1
  }
  # ln -s with the name of an existing directory would put the link inside it; a new name and a rename do not.
  rm -f -- "$temporary" && ln -s -- "$2" "$temporary" || return 1
  point 'link made'
  put "$temporary" && durable "$BESIDE"
}

holds_entries() {
  for inside in "$1"/* "$1"/.*; do
    case $inside in */. | */..) continue ;; esac
    if [ -e "$inside" ] || [ -L "$inside" ]; then return 0; fi
  done
  return 1
}

# only_if_it_is KIND PATH: whether it is this kind of thing; prints what it is to be. Without a kind anything is.
only_if_it_is() {
  case $1 in
    '') return 0 ;;
    link) [ ! -L "$2" ] || return 0 ;;
    file) [ -L "$2" ] || [ ! -f "$2" ] || return 0 ;;
    directory) [ -L "$2" ] || [ ! -d "$2" ] || return 0 ;;
  esac
  say "something that is not a $1 is there, and is not removed"
  return 1
}

# remove PATH RECURSIVE(yes|no) [ONLY(file|link|directory)]
is_remove() { [ ! -e "$R$1" ] && [ ! -L "$R$1" ]; }
do_remove() {
  [ -d "$R${1%/*}/" ] || return 0
  place "$1" || return 1
  is_remove "$1" || only_if_it_is "${3-}" "$HERE" || return 1
  if [ -d "$HERE" ] && [ ! -L "$HERE" ]; then
    # Not recursive: the directory is kept if something else is in it, but one that is to be gone is an error.
    if [ "$2" = yes ]; then has_no_mount "$R$1" && take_tree_away; else rmdir -- "$HERE" || { [ -z "${3-}" ] && holds_entries "$HERE"; }; fi
  else
    rm -f -- "$HERE"
  fi && durable "$BESIDE"
}

# restore PATH KEPT SUM MODE OWNER GROUP [KIND [in-place]]: puts kept content back.
is_restore() { is_write "$1" "$2" "$3" "$4" "$5" "$6"; }
do_restore() {
  [ -f "$CLUSTER/$2" ] || {
    say "the kept content of $1 is gone"
    return 1
  }
  place "$1" || return 1
  install_file "$CLUSTER/$2" "$temporary" "$4" "$5" "$6" || return
  read -r sum _ <<END
$(sums "$temporary")
END
  [ "${sum#\\}" = "$3" ] || {
    rm -f -- "$temporary"
    say "the kept content of $1 is damaged"
    return 1
  }
  point 'before the kept content takes its place'
  durable "$temporary" && take_place "$temporary" "$1" "${7-}" "${8-}" && durable "$BESIDE"
}

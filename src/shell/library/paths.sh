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

# make_way PATH [KIND]: what converge made there as another kind of thing, if that is still there.
make_way() {
  case ${2-} in
    tree) [ -L "$R$1" ] || { has_no_mount "$R$1" && rm -rf -- "$R${1:?}"; } ;;
    directory) [ -L "$R$1" ] || [ ! -d "$R$1" ] || rmdir -- "$R$1" ;;
    file | link) { [ -d "$R$1" ] && [ ! -L "$R$1" ]; } || rm -f -- "$R$1" ;;
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
  [ ! -L "$R$1" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  own "$3" "$4" "$R$1" && set_mode "$2" "$R$1" && durable "$R$1"
}

# mkdir PATH MODE OWNER GROUP [KIND]: with its parents (0755).
is_mkdir() { [ -d "$R$1" ] && [ ! -L "$R$1" ] && has_attributes "$@"; }
do_mkdir() {
  make_way "$1" "${5-}" || return
  [ ! -L "$R$1" ] || {
    say "a symbolic link is at $1"
    return 1
  }
  if [ ! -d "$R$1" ]; then
    parent=${1%/*}
    # New parents are directory entries, too.
    [ -d "$R$parent/" ] || { make_parents "$parent" && sync; } || return 1
    mkdir -m 0700 -- "$R$1" || return 1
    point 'directory made'
  fi
  own "$3" "$4" "$R$1" && set_mode "$2" "$R$1" && durable "$R$1" "$R${1%/*}/"
}

# make_parents DIRECTORY: with those above it, 0755 and root's, whatever bits and group the next one above hands down.
make_parents() {
  [ ! -d "$R$1/" ] || return 0
  make_parents "${1%/*}" && make_plain "$R$1"
}

make_plain() { mkdir -m 0755 -- "$1" && own root root "$1" && set_mode 0755 "$1"; }

# link PATH TARGET [KIND]: replaced in one rename.
is_link() { [ -L "$R$1" ] && [ "$(readlink "$R$1" && printf x)" = "$2${NL}x" ]; }
do_link() {
  [ "${3-}" = file ] || make_way "$1" "${3-}" || return
  [ -L "$R$1" ] || [ ! -e "$R$1" ] || { [ "${3-}" = file ] && [ -f "$R$1" ]; } || {
    say "something other than a link is at $1"
    return 1
  }
  has_directory "${1%/*}" || return 1
  temporary_in "$R${1%/*}" || return 1
  # ln -s with the name of an existing directory would put the link inside it; a new name and mv -T do not.
  rm -f -- "$temporary" && ln -s -- "$2" "$temporary" || return 1
  point 'link made'
  rename_over "$temporary" "$R$1" && durable "$R${1%/*}/"
}

# rename_over TEMPORARY PATH: in place of a file or a link, even one to a directory.
rename_over() { mv -f -T -- "$1" "$2" 2>/dev/null || { rm -f -- "$2" && mv -f -- "$1" "$2"; }; }

holds_entries() {
  for inside in "$1"/* "$1"/.*; do
    case $inside in */. | */..) continue ;; esac
    if [ -e "$inside" ] || [ -L "$inside" ]; then return 0; fi
  done
  return 1
}

# remove PATH RECURSIVE(yes|no)
is_remove() { [ ! -e "$R$1" ] && [ ! -L "$R$1" ]; }
do_remove() {
  if [ -d "$R$1" ] && [ ! -L "$R$1" ]; then
    # Not recursive: the directory is kept if something else is in it.
    if [ "$2" = yes ]; then has_no_mount "$R$1" && rm -rf -- "$R${1:?}"; else rmdir -- "$R$1" || holds_entries "$R$1"; fi
  else
    rm -f -- "$R$1"
  fi && { [ ! -d "$R${1%/*}/" ] || durable "$R${1%/*}/"; }
}

# restore PATH KEPT SUM MODE OWNER GROUP [KIND [in-place]]: puts kept content back.
is_restore() { is_write "$1" "$2" "$3" "$4" "$5" "$6"; }
do_restore() {
  [ -f "$CLUSTER/$2" ] || {
    say "the kept content of $1 is gone"
    return 1
  }
  temporary_in "$R${1%/*}" || return 1
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
  durable "$temporary" && take_place "$temporary" "$R$1" "${7-}" "${8-}" && durable "$R${1%/*}/"
}

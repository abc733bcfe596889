# Trees of archives from a URL, and of commits of git repositories.

# archive URL SUM PATH STRIP SIGNATURE: an extracted tree contains the checksum of its archive; a new tree replaces it as a whole.
is_archive() { has_stamp "$3" "$2"; }
do_archive() { replace_tree "$3" extract "$1" "$2" "$4" "$5"; }

# checkout PATH URL COMMIT OWNER GROUP: likewise with the name of the commit.
is_checkout() { has_attributes "$1" 0755 "$4" "$5" && has_stamp "$1" "$3" && ! has_edits "$1"; }
do_checkout() { replace_tree "$1" check_out "$2" "$3" "$4" "$5"; }

# has_stamp TREE TEXT
has_stamp() {
  stamp=
  if [ ! -f "$R$1/.converge-archive" ]; then
    return 1
  elif only_roots "$1"; then
    read -r stamp <"$R$1/.converge-archive"
  else
    find_timeout
    # shellcheck disable=SC2086
    stamp=$(${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT $READ_SECONDS} head -n 1 "$R$1/.converge-archive")
  fi
  [ "$stamp" = "$2" ]
}

has_edits() { find_timeout && [ -n "$(enter_tree "$1" >/dev/null && tree_edits | head -n 1)" ]; }

# replace_tree PATH COMMAND ... : what the command makes in ./tree takes its place.
replace_tree() {
  make_parents "${1%/*}" && note_temporary "${1%/*}" && pin "${1%/*}" || return 1
  at "$1"
  mkdir -m 0755 -- ./tree && make_tree "$@" && take_tree "$1"
  result=$?
  rm -rf -- ./archive ./damaged ./unzipped ./tree ./.converge-new
  rm_tree ./.converge-old
  return "$result"
}

make_tree() {
  shift
  "$@"
}

# extract URL SUM STRIP SIGNATURE: into ./tree.
extract() {
  obtain "$1" "$2" ./archive "$4" || return 1
  (umask 022 && unpack "$3") && close_tree || return 1
  mark_tree "$2"
}

# mark_tree STAMP
mark_tree() {
  # By this list the next inspect finds what was put into the tree since.
  # The archive may have these names itself, as links.
  rm_tree ./tree/.converge-files && rm_tree ./tree/.converge-archive || return 1
  (cd ./tree && find .) >./files && mv -f -- ./files ./tree/.converge-files || return 1
  say "$1" >./tree/.converge-archive &&
    chmod 0644 ./tree/.converge-archive ./tree/.converge-files && set_mode 0755 ./tree
}

# check_out URL COMMIT OWNER GROUP: into ./tree.
check_out() {
  has_tool git || return 1
  (umask 022 && cd ./tree && GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND='ssh -o BatchMode=yes' && export GIT_TERMINAL_PROMPT GIT_SSH_COMMAND &&
    git init -q --template= . && mkdir -p .git/info && say '/.converge-*' >.git/info/exclude && git remote add origin "$1" &&
    fetch_commit "$2" && git checkout -q --detach "$2") || {
    say "cannot check out $2 of $1"
    return 1
  }
  mark_tree "$2" || return 1
  ! can_own || { resolve_owner "$3" "$4" && chown -hR "$OWNER:$GROUP" ./tree; }
}

# fetch_commit COMMIT: not every server gives one by its name.
fetch_commit() { git fetch -q --depth 1 origin "$1" 2>/dev/null || git fetch -q origin '+refs/*:refs/remotes/origin/*'; }

# close_tree: what is unpacked is root's, so nobody else may change it or get root's rights by it; devices are no content.
close_tree() {
  find ./tree ! -type f ! -type d ! -type l -exec rm -f -- {} + && chmod -R go-w,ug-s ./tree
}

# unpack STRIP: by what the archive is, whatever its name: busybox tar would go by that.
unpack() {
  case $(head -c 4 ./archive) in
    "$(printf 'PK\003\004')")
      unpack_zip &&
        find ./unzipped -mindepth "$1" -maxdepth "$1" -type d -exec cp -a -- {}/. ./tree/ \;
      ;;
    "$(printf '\037\213')"*) untar "$1" gzip ;;
    "$(printf '\3757zX')") untar "$1" xz ;;
    "$(printf '\050\265\057\375')") untar "$1" zstd ;;
    BZh?) untar "$1" bzip2 ;;
    *) tar -x -o -f ./archive -C ./tree --strip-components="$1" ;;
  esac
}

# untar STRIP TOOL: the tool's own failure counts, too.
untar() {
  has_tool "$2" && { "$2" -d -c ./archive || : >./damaged; } | tar -x -o -f - -C ./tree --strip-components="$1" && [ ! -e ./damaged ]
}

# unpack_zip: into ./unzipped, by what keeps modes and links.
unpack_zip() {
  if command -v unzip >/dev/null; then
    unzip -q ./archive -d ./unzipped
  elif command -v bsdtar >/dev/null; then
    mkdir -- ./unzipped && bsdtar -x -o -f ./archive -C ./unzipped
  elif command -v busybox >/dev/null; then
    busybox unzip -q ./archive -d ./unzipped
  else
    has_tool unzip
  fi
}

# take_tree PATH: the old tree is removed only after the new one is complete on disk.
take_tree() {
  sync
  if [ -e "$HERE" ] || [ -L "$HERE" ]; then
    has_no_mount "$R$1" || return 1
    # Keeps its name, by which `sweep` restores it if the run is killed here.
    mkdir -- ./.converge-old && mv -f -- "$HERE" ./.converge-old/ || return 1
  fi
  point 'the old tree made way'
  { mkdir -- ./.converge-new && mv -- ./tree "./.converge-new/${1##*/}" && mv -f -- "./.converge-new/${1##*/}" ..; } || {
    [ ! -d ./.converge-old ] || mv -- "./.converge-old/${1##*/}" ..
    return 1
  }
  durable ..
}

# Archives from a URL.

# archive URL SUM PATH STRIP SIGNATURE: an extracted tree contains the checksum of its archive; a new tree replaces it as a whole.
is_archive() {
  stamp=
  if [ ! -f "$R$3/.converge-archive" ]; then
    return 1
  elif only_roots "$3"; then
    read -r stamp <"$R$3/.converge-archive"
  else
    find_timeout
    # shellcheck disable=SC2086
    stamp=$(${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT $READ_SECONDS} head -n 1 "$R$3/.converge-archive")
  fi
  [ "$stamp" = "$2" ]
}
do_archive() {
  make_parents "${3%/*}" && note_temporary "${3%/*}" && pin "${3%/*}" || return 1
  at "$3"
  mkdir -m 0755 -- ./tree && extract "$1" "$2" "$4" "$5" && take_tree "$3"
  result=$?
  rm -rf -- ./archive ./damaged ./unzipped ./tree ./.converge-new
  rm_tree ./.converge-old
  return "$result"
}

# extract URL SUM STRIP SIGNATURE: into ./tree.
extract() {
  obtain "$1" "$2" ./archive "$4" || return 1
  (umask 022 && unpack "$3") && close_tree || return 1
  # By this list the next inspect finds what was put into the tree since.
  # The archive may have these names itself, as links.
  rm_tree ./tree/.converge-files && rm_tree ./tree/.converge-archive || return 1
  (cd ./tree && find .) >./files && mv -f -- ./files ./tree/.converge-files || return 1
  say "$2" >./tree/.converge-archive &&
    chmod 0644 ./tree/.converge-archive ./tree/.converge-files && set_mode 0755 ./tree
}

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

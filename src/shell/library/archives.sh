# Archives from a URL.

# archive URL SUM PATH STRIP: an extracted tree contains the checksum of its archive; a new tree replaces it as a whole.
is_archive() {
  stamp=
  [ ! -r "$R$3/.converge-archive" ] || read -r stamp <"$R$3/.converge-archive"
  [ "$stamp" = "$2" ]
}
do_archive() {
  temporary_in "$R${3%/*}" || return 1
  work=$temporary
  rm -rf -- "$work" && make_parents "${3%/*}" && make_plain "$work" && make_plain "$work/tree" || return 1
  extract "$1" "$2" "$work" "$4" && take_tree "$work" "$R$3"
  result=$?
  rm -rf -- "$work"
  return "$result"
}

extract() {
  download "$1" "$3/archive" || {
    say "cannot download $1"
    return 1
  }
  read -r sum _ <<END
$(sums "$3/archive")
END
  [ "${sum#\\}" = "$2" ] || {
    say "wrong sha256 of $1: got ${sum#\\}, expected $2"
    return 1
  }
  (umask 022 && unpack "$3" "$4") || return 1
  # By this list the next inspect finds what was put into the tree since.
  (cd "$3/tree" && find .) >"$3/files" && mv -f -- "$3/files" "$3/tree/.converge-files" || return 1
  say "$2" >"$3/tree/.converge-archive" &&
    chmod 0644 "$3/tree/.converge-archive" "$3/tree/.converge-files" && set_mode 0755 "$3/tree"
}

# unpack WORK STRIP: by what the archive is, whatever its name. tar knows its formats itself, except zstd before GNU tar 1.31.
unpack() {
  archive=$1/archive
  case $(head -c 4 "$archive") in
    "$(printf 'PK\003\004')")
      has_tool unzip && unzip -q "$archive" -d "$1/unzipped" &&
        find "$1/unzipped" -mindepth "$2" -maxdepth "$2" -type d -exec cp -a -- {}/. "$1/tree/" \;
      return
      ;;
    "$(printf '\050\265\057\375')")
      has_tool zstd && zstd -d -q -c "$archive" >"$1/archive.tar" || return 1
      archive=$1/archive.tar
      ;;
  esac
  tar -x -o -f "$archive" -C "$1/tree" --strip-components="$2"
}

has_tool() {
  command -v "$1" >/dev/null || {
    say "$1 is not installed, which this archive needs; install it first (a package resource before this one)"
    return 1
  }
}

# The old tree is removed only after the new one is complete on disk.
take_tree() {
  sync
  if [ -e "$2" ] || [ -L "$2" ]; then
    has_no_mount "$2" || return 1
    # Keeps its name, by which `sweep` restores it if the run is killed here.
    mkdir -- "$1/old" && mv -f -- "$2" "$1/old/" || return 1
  fi
  point 'the old tree made way'
  mv -f -- "$1/tree" "$2" || {
    result=$?
    sweep "${2%/*}"
    return "$result"
  }
  durable "${2%/*}/"
}

download() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 --connect-timeout 10 -o "$2" -- "$1"
  elif command -v wget >/dev/null; then
    wget -q -T 30 -O "$2" "$1"
  else
    say 'neither curl nor wget is installed; install one of them first (a package resource before this one)'
    return 1
  fi
}

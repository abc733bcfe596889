# What is downloaded and checked: the operation `download`, and what an archive is made of.

# obtain URL SUM FILE SIGNATURE
obtain() {
  fetch_or_say "$1" "$3" || return 1
  read -r sum _ <<END
$(sums "$3")
END
  [ "${sum#\\}" = "$2" ] || {
    say "wrong sha256 of $1: got ${sum#\\}, expected $2"
    return 1
  }
  # shellcheck disable=SC2086 # its words have no blanks
  [ -z "$4" ] || has_signature "$1" "$3" $4
}

fetch_or_say() {
  download "$1" "$2" || {
    say "cannot download $1"
    return 1
  }
}

# has_signature URL FILE minisign SIGNATURE-URL KEY | URL FILE ssh SIGNATURE-URL NAMESPACE KEY-TYPE KEY
has_signature() {
  fetch_or_say "$4" "$RUN/signature" || return 1
  case $3 in
    minisign) has_tool minisign && minisign -V -q -P "$5" -x "$RUN/signature" -m "$2" ;;
    ssh)
      has_tool ssh-keygen && say "signer $6 $7" >"$RUN/signers" &&
        ssh-keygen -q -Y verify -f "$RUN/signers" -I signer -n "$5" -s "$RUN/signature" <"$2"
      ;;
  esac || {
    say "$1 is not signed by the declared key: $4 does not fit"
    return 1
  }
}

has_tool() {
  command -v "$1" >/dev/null || {
    say "$1 is not installed, which this needs; install it first (a package resource before this one)"
    return 1
  }
}

# download PATH URL SUM MODE OWNER GROUP SIGNATURE [KIND]
is_download() { is_write "$@"; }
do_download() {
  has_directory "${1%/*}" && place "$1" || return 1
  { obtain "$2" "$3" "$temporary" "$7" && own "$5" "$6" "$temporary" && set_mode "$4" "$temporary"; } || {
    rm -f -- "$temporary"
    return 1
  }
  point 'before the download takes its place'
  durable "$temporary" && take_place "$temporary" "$1" "${8-}" && relabel "$1" && durable "$BESIDE"
}

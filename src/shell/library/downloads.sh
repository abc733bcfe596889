# What is downloaded and checked: the operation `download`, and what an archive is made of.

# obtain URL SUM FILE
obtain() {
  download "$1" "$3" || {
    say "cannot download $1"
    return 1
  }
  read -r sum _ <<END
$(sums "$3")
END
  [ "${sum#\\}" = "$2" ] || {
    say "wrong sha256 of $1: got ${sum#\\}, expected $2"
    return 1
  }
}

# download PATH URL SUM MODE OWNER GROUP [KIND]
is_download() { is_write "$@"; }
do_download() {
  has_directory "${1%/*}" && place "$1" || return 1
  { obtain "$2" "$3" "$temporary" && own "$5" "$6" "$temporary" && set_mode "$4" "$temporary"; } || {
    rm -f -- "$temporary"
    return 1
  }
  point 'before the download takes its place'
  durable "$temporary" && take_place "$temporary" "$1" "${7-}" && relabel "$1" && durable "$BESIDE"
}

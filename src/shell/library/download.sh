# download URL FILE
download() {
  if command -v curl >/dev/null; then
    curl -fgsSL --retry 3 --connect-timeout 10 -o "$2" -- "$1"
  elif command -v wget >/dev/null; then
    wget -q -T 30 -O "$2" "$1"
  else
    echo 'neither curl nor wget is installed; install one of them first (a package resource before this one)'
    return 1
  fi
}

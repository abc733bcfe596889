# Users and groups, through NSS if the host has it, else from the files. Nothing is listed as a whole through NSS: a
# directory service may know very many accounts, and sssd lists none by default.

NSS=unknown

# Only the getent of glibc knows initgroups, and takes more than one key.
has_nss() {
  if [ "$NSS" = unknown ]; then
    if [ -z "$R" ] && getent initgroups -- root >/dev/null 2>&1; then NSS=yes; else NSS=no; fi
  fi
  [ "$NSS" = yes ]
}

# find_account passwd|group NAME-OR-NUMBER: the entry's line.
find_account() { if has_nss; then getent "$1" -- "$2"; else account "$1" "$2"; fi; }

# account passwd|group|shadow NAME-OR-NUMBER: the same from the file.
account() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      "$2":*) ;;
      *)
        case ${line#*:*:} in
          "$2":*) ;;
          *) continue ;;
        esac
        ;;
    esac
    say "$line"
    return 0
  done <"$R/etc/$1"
  return 1
}

# memberships USER ... : a line `USER GID GID ...` of supplementary groups for each.
memberships() {
  if has_nss; then
    getent initgroups -- "$@"
    return
  fi
  groups=$(account_file group)
  for user; do
    numbers=
    while IFS=: read -r _ _ number members; do
      case ",$members," in *",$user,"*) numbers="$numbers $number" ;; esac
    done <<END
$groups
END
    say "$user$numbers"
  done
}

# inspect_users USER ... : their entries, their memberships, and the entries of all groups that these name by number.
inspect_users() {
  say users
  supplementary=$(memberships "$@")
  if has_nss; then
    entries=$(getent passwd -- "$@")
    say "$entries"
    # shellcheck disable=SC2046
    set -- $(say "$entries" | cut -d: -f4) $(say "$supplementary" | sed 's/.*[^0-9 ]//')
    say groups
    [ $# -eq 0 ] || getent group -- "$@"
  else
    account_file passwd
    say groups
    account_file group
  fi
  say "memberships$NL$supplementary${NL}users end"
}

# inspect_groups GROUP ...
inspect_groups() {
  say groups
  if has_nss; then getent group -- "$@"; else account_file group; fi
  say 'groups end'
}

# The accounts of a root tree, which name the owners in it.
inspect_tree_accounts() {
  say users
  account_file passwd
  say groups
  account_file group
  say 'groups end'
}

# account_file NAME: it may end without a newline. It is small, so that reading it costs less than a process.
account_file() {
  if [ -r "$R/etc/$1" ]; then
    while IFS= read -r account || [ -n "$account" ]; do say "$account"; done <"$R/etc/$1"
  fi
  say ''
}

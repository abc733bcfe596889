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

# entries_of passwd|group KEY ... : sets `entries` to the lines of the names and numbers that there are, in any order. With an NSS that
# asks the file first, what is there takes no process.
entries_of() {
  entries= database=$1 wanted=$NL
  shift
  for key; do
    case $wanted in *"$NL$key$NL"*) ;; *) wanted=$wanted$key$NL ;; esac
  done
  ! file_is_first || read_entries
  for key; do
    shift
    case $wanted in *"$NL$key$NL"*) set -- "$@" "$key" ;; esac
  done
  [ $# -eq 0 ] || entries=$entries$(exec getent "$database" -- "$@")
}

# file_is_first: whether what the file of `database` says of an account is the answer.
file_is_first() {
  [ -r /etc/nsswitch.conf ] || return 1
  while read -r word first more; do
    [ "$word" = "$database:" ] || continue
    case $first-$more in files-'['*) return 1 ;; files-*) return 0 ;; *) return 1 ;; esac
  done </etc/nsswitch.conf
  return 1
}

# Adds the lines of `wanted` keys to `entries`, and takes these away.
read_entries() {
  while [ "$wanted" != "$NL" ] && IFS= read -r line; do
    number=${line#*:*:} number=${number%%:*} is_wanted=
    for key in "${line%%:*}" "$number"; do
      case $wanted in
        *"$NL$key$NL"*) wanted=${wanted%%"$NL$key$NL"*}$NL${wanted#*"$NL$key$NL"} is_wanted=yes ;;
      esac
    done
    [ -z "$is_wanted" ] || entries=$entries$line$NL
  done <"/etc/$database"
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
  read_memberships "$@"
  if has_nss; then
    entries_of passwd "$@"
    found_users=$entries
    say "$found_users"
    read_group_numbers
    # shellcheck disable=SC2086
    entries_of group $numbers
    say "groups$NL$entries"
  else
    account_file passwd
    say groups
    account_file group
  fi
  say "memberships$NL$supplementary${NL}users end"
}

# read_memberships USER ... : sets `supplementary`. The question also tells whether there is an NSS.
read_memberships() {
  if [ "$NSS$R" = unknown ] && supplementary=$(exec getent initgroups -- root "$@" 2>/dev/null); then
    NSS=yes supplementary=${supplementary#*"$NL"}
    return
  fi
  # Not in the subshell of the next line, which would forget the answer.
  has_nss || :
  supplementary=$(memberships "$@")
}

# Sets `numbers` to those of the groups in `entries` and `supplementary`: what comes after the name, which may have blanks.
read_group_numbers() {
  numbers=
  while IFS=: read -r _ _ _ number _; do numbers="$numbers$number "; done <<END
$entries
END
  while read -r _ more; do
    for number in $more; do
      case $number in *[!0-9]*) ;; *) numbers="$numbers$number " ;; esac
    done
  done <<END
$supplementary
END
  numbers=${numbers# }
}

# inspect_processes USER UID-OR-: HOME-OR-: ... : of the users that inspect_users found with another number or home, a
# process that runs as it. Only shadow's tools mind one.
inspect_processes() {
  say processes
  while [ $# -gt 0 ] && has_nss; do
    while IFS=: read -r name _ uid _ _ home _; do
      [ "$name" = "$1" ] || continue
      case $2 in : | "$uid") case $3 in : | "$home") continue ;; esac ;; esac
      find_process "$uid"
      [ -z "$PROCESS" ] || say "$PROCESS $name"
    done <<END
$found_users
END
    shift 3
  done
  say 'processes end'
}

# Sets PROCESS to one that runs as the user with this number.
find_process() {
  for status in /proc/[0-9]*/status; do
    while read -r key real effective _; do
      case $key-$real-$effective in
        Uid:-"$1"-* | Uid:-*-"$1")
          PROCESS=${status#/proc/}
          PROCESS=${PROCESS%/status}
          return
          ;;
        Uid:*) break ;;
      esac
    done 2>/dev/null <"$status"
  done
  PROCESS=
}

# inspect_groups GROUP ... : then the users, of which these may be the primary groups.
inspect_groups() {
  say groups
  if has_nss; then getent group -- "$@"; else account_file group; fi
  say primary
  account_file passwd
  say 'groups end'
}

# inspect_known_accounts passwd|group NAME ... : one line of 0 (the host has it) and 1. Only what is not in the files
# starts a process.
inspect_known_accounts() {
  answers=
  while [ $# -gt 0 ]; do
    if { [ -r "$R/etc/$1" ] && account "$1" "$2" >/dev/null; } || { has_nss && getent "$1" -- "$2" >/dev/null; }; then
      answers="$answers 0"
    else
      answers="$answers 1"
    fi
    shift 2
  done
  say "accounts$answers"
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

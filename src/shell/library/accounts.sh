# Users and groups: by shadow's tools on a booted host, by their files in a root tree or without these tools.

has_tools() { [ -z "$R" ] && command -v "$1" >/dev/null; }

# The first free id of a file: below 1000 downwards for system accounts, from 1000 upwards for others.
free_id() {
  if [ "$2" = yes ]; then id=999 step=-1; else id=1000 step=1; fi
  while grep -q "^[^:]*:[^:]*:$id:" "$R/etc/$1"; do id=$((id + step)); done
  say "$id"
}

# replace_account FILE NAME LINE: adds or replaces an entry (removes it when LINE is empty), in one rename.
replace_account() {
  copy_account_file "$1" || return 1
  {
    found=
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        "$2":*)
          [ -z "$3" ] || say "$3" || return 1
          found=yes
          ;;
        # On a full disk a shorter later line may still fit.
        *) say "$line" || return 1 ;;
      esac
    done <"$HELD"
    [ -n "$found" ] || [ -z "$3" ] || say "$3"
  } >"$temporary" || return 1
  point "before /etc/$1 is replaced"
  replace_account_file
  replaced=$?
  point "/etc/$1 replaced"
  return "$replaced"
}

# copy_account_file FILE: sets `temporary` to a copy with its owner and mode (shadow belongs to a group of its own), and HELD to
# the file.
copy_account_file() {
  place "/etc/$1" || return 1
  if [ -e "$HERE" ]; then
    hold_file && cp -p -- "$HELD" "$temporary"
  else
    HELD=/dev/null
    case $1 in
      shadow) (umask 037 && : >"$temporary") ;;
      *) (umask 022 && : >"$temporary") ;;
    esac
  fi
}

replace_account_file() { durable "$temporary" && put "$temporary" && durable "$BESIDE"; }

# group NAME GID-OR-EMPTY SYSTEM(yes|no)
is_group() {
  entry=$(find_account group "$1") || return 1
  [ -z "$2" ] || case $entry in *:*:"$2":*) ;; *) return 1 ;; esac
}
do_group() {
  if entry=$(find_account group "$1"); then
    [ -n "$2" ] || return 0
    if has_tools groupmod; then
      groupmod -g "$2" -- "$1"
    else
      members=${entry##*:}
      replace_account group "$1" "$1:x:$2:$members"
    fi
  elif has_tools groupadd; then
    set -- "$1" "$2" "$3" groupadd
    name=$1 gid=$2 system=$3
    shift 3
    [ -z "$gid" ] || set -- "$@" -g "$gid"
    [ "$system" = no ] || set -- "$@" -r
    "$@" -- "$name"
  else
    replace_account group "$1" "$1:x:${2:-$(free_id group "$3")}:"
  fi
}

# user NAME SYSTEM(yes|no) CREATE-HOME(yes|no) UID GROUP GROUPS HOME SHELL COMMENT: `:` for what is not
# declared, which no field of an account can be.
is_user() {
  entry=$(find_account passwd "$1") || return 1
  IFS=: read -r _ _ uid gid comment home shell <<END
$entry
END
  [ "$4" = : ] || [ "$4" = "$uid" ] || return 1
  [ "$7" = : ] || [ "$7" = "$home" ] || return 1
  [ "$8" = : ] || [ "$8" = "$shell" ] || return 1
  [ "$9" = : ] || [ "$9" = "$comment" ] || return 1
  if [ "$5" != : ]; then
    IFS=: read -r _ _ wanted _ <<END
$(find_account group "$5")
END
    [ "$wanted" = "$gid" ] || return 1
  fi
  [ "$6" = : ] || [ "$(groups_of "$1" "$gid")" = "$6" ]
}

# groups_of USER PRIMARY-GID: its supplementary groups, sorted, separated by commas.
groups_of() {
  numbers=$(memberships "$1")
  for number in ${numbers#"$1"}; do
    [ "$number" = "$2" ] || find_account group "$number"
  done | cut -d: -f1 | sort | {
    list=
    while read -r group; do list=$list${list:+,}$group; done
    say "$list"
  }
}

do_user() {
  if ! has_tools useradd; then
    edit_user "$@"
    return
  fi
  name=$1 system=$2 create_home=$3 uid=$4 group=$5 groups=$6 home=$7 shell=$8 comment=$9 own_home=
  if find_account passwd "$name" >/dev/null; then
    set -- usermod
    [ "$home" = : ] || set -- "$@" -d "$home"
  else
    set -- useradd
    [ "$system" = no ] || set -- "$@" -r
    # useradd makes a home by its name, and a name in somebody else's directory can be given to something else meanwhile.
    [ "$create_home" = no ] || [ "$home" = : ] || only_roots "$(directory_above "$home")" || own_home=$home
    if [ "$create_home" = yes ] && [ -z "$own_home" ]; then set -- "$@" -m; else set -- "$@" -M; fi
    [ "$home" = : ] || set -- "$@" -d "$home"
    # Without a declared group: the one of the same name if it exists, else useradd's choice.
    if [ "$group" = : ] && find_account group "$name" >/dev/null; then set -- "$@" -g "$name"; fi
  fi
  [ "$uid" = : ] || set -- "$@" -u "$uid"
  [ "$group" = : ] || set -- "$@" -g "$group"
  [ "$groups" = : ] || set -- "$@" -G "$groups"
  [ "$shell" = : ] || set -- "$@" -s "$shell"
  [ "$comment" = : ] || set -- "$@" -c "$comment"
  "$@" -- "$name" || return
  [ -z "$own_home" ] || make_own_home || {
    userdel -- "$name"
    return 1
  }
}

# make_own_home: of a new user, as useradd would make it. Without it the user would not be complete, and no later run would know.
make_own_home() {
  IFS=: read -r _ _ old_uid old_gid _ <<END
$(find_account passwd "$name")
END
  make_parents "${own_home%/*}" && make_home "$own_home" /etc/skel
}

# directory_above PATH: the next one that exists.
directory_above() {
  above=${1%/*}
  while [ ! -d "$R$above/" ]; do above=${above%/*}; done
  printf '%s' "$above"
}

edit_user() {
  name=$1 system=$2 create_home=$3 uid=$4 group=$5 groups=$6 home=$7 shell=$8 comment=$9
  if entry=$(account passwd "$name"); then
    IFS=: read -r _ _ old_uid old_gid old_comment old_home old_shell <<END
$entry
END
  else
    old_uid=$(free_id passwd "$system") old_gid= old_comment= old_home=/home/$name old_shell=/bin/sh
    [ "$system" = no ] || old_home=/nonexistent old_shell=/usr/sbin/nologin
  fi
  [ "$uid" = : ] || old_uid=$uid
  [ "$home" = : ] || old_home=$home
  [ "$shell" = : ] || old_shell=$shell
  [ "$comment" = : ] || old_comment=$comment
  if [ "$group" = : ] && [ -z "$old_gid" ]; then
    group=$name
    account group "$group" >/dev/null || do_group "$group" '' "$system" || return 1
  fi
  if [ "$group" != : ]; then
    IFS=: read -r _ _ old_gid _ <<END
$(account group "$group")
END
    [ -n "$old_gid" ] || {
      say "there is no group $group"
      return 1
    }
  fi
  account shadow "$name" >/dev/null 2>&1 || replace_account shadow "$name" "$name:!:::::::" || return 1
  [ "$groups" = : ] || edit_memberships "$name" ",$groups," || return 1
  [ "$create_home" = no ] || make_home "$old_home" || return 1
  # Last, because by this the next run knows that the user exists.
  replace_account passwd "$name" "$name:x:$old_uid:$old_gid:$old_comment:$old_home:$old_shell"
}

# make_home PATH [SKELETON]: gets its final name only after the user owns it.
make_home() {
  [ ! -d "$R$1" ] || return 0
  place "$1" && mkdir -m 0755 -- "$temporary" || return 1
  point 'home made'
  if [ -n "${2-}" ]; then fill_home "$2" || return 1; fi
  own "$old_uid" "$old_gid" "$temporary" && durable "$temporary" && put "$temporary" && durable "$BESIDE"
}

# fill_home SKELETON: with its mode, as useradd does it.
fill_home() {
  [ ! -d "$1/" ] || cp -R -P -p -- "$1/." "$temporary" || return 1
  home_mode=$(sed -n 's/^HOME_MODE[[:blank:]]*\([0-7]*\).*/\1/p' /etc/login.defs 2>/dev/null)
  chown -R -h "$old_uid:$old_gid" "$temporary" && set_mode "${home_mode:-0755}" "$temporary"
}

# edit_memberships USER ,GROUP,GROUP, : the user is in these supplementary groups and in no others.
edit_memberships() {
  copy_account_file group || return 1
  while IFS=: read -r group password gid members || [ -n "$group" ]; do
    kept=
    oldifs=$IFS
    IFS=,
    for member in $members; do [ "$member" = "$1" ] || kept=$kept${kept:+,}$member; done
    IFS=$oldifs
    case $2 in *",$group,"*) kept=$kept${kept:+,}$1 ;; esac
    say "$group:$password:$gid:$kept" || return 1
  done <"$HELD" >"$temporary" && replace_account_file
}

# remove_user NAME [keep-group], remove_group NAME
is_remove_user() { ! find_account passwd "$1" >/dev/null; }
do_remove_user() {
  ! is_remove_user "$1" || return 0
  if has_tools userdel; then
    entry=
    [ -z "${2-}" ] || entry=$(find_account group "$1") || entry=
    userdel -- "$1" || return
    [ -n "$entry" ] && is_remove_group "$1" || return 0
    IFS=: read -r _ _ gid _ <<END
$entry
END
    groupadd -g "$gid" -- "$1"
  else
    # The user itself goes last, because by this the next run knows what is still to be done.
    edit_memberships "$1" '' && { [ -n "${2-}" ] || remove_own_group "$1"; } &&
      replace_account shadow "$1" '' && replace_account passwd "$1" ''
  fi
}

# remove_own_group USER: as userdel does, if the user's primary group has its name and nobody else in it.
remove_own_group() {
  entry=$(account group "$1") || return 0
  IFS=: read -r _ _ gid members <<END
$entry
END
  [ -z "$members" ] || return 0
  in_it=
  while IFS=: read -r user _ _ primary _ || [ -n "$user" ]; do
    [ "$primary" != "$gid" ] || in_it="$in_it $user"
  done <"$R/etc/passwd"
  [ "$in_it" != " $1" ] || replace_account group "$1" ''
}

is_remove_group() { ! find_account group "$1" >/dev/null; }
do_remove_group() {
  ! is_remove_group "$1" || return 0
  if has_tools groupdel; then groupdel -- "$1"; else replace_account group "$1" ''; fi
}

# Answers to probes. Everything is batched: one stat, one checksum, one systemctl for all resources of a host.

inspect_platform() {
  os= release=
  if [ -r "$R/etc/os-release" ]; then
    while IFS='=' read -r key value; do
      value=${value#[\"\']}
      value=${value%[\"\']}
      case $key in
        ID) os=$value ;;
        VERSION_ID) release=$value ;;
      esac
    done <"$R/etc/os-release"
  fi
  machine=
  [ ! -r /proc/sys/kernel/arch ] || read -r machine </proc/sys/kernel/arch
  [ -n "$machine" ] || machine=$(uname -m)
  say "platform $INIT $UID_NUMBER ${R:+rooted}"
  say "os $os"
  say "release $release"
  say "machine $machine"
  # The owners in a root tree have the names that its own files give them.
  [ -z "$R" ] || inspect_accounts
}

# inspect_paths PATH WANTED-SUM-OR-DASH ... : what is at each path, in order. `K` says what kind each is, `S` begins the
# stat lines of those that exist, `H` the sums of regular files, `L` a link's target, `C` a content that differs.
inspect_paths() {
  kinds= wanted= left=$#
  while [ "$left" -gt 0 ]; do
    path=$R$1
    if [ -L "$path" ]; then
      kinds="$kinds l"
      set -- "$@" "$path"
    elif [ -f "$path" ]; then
      kinds="$kinds f" wanted="$wanted$2 "
      set -- "$@" "$path"
    elif [ -d "$path" ]; then
      kinds="$kinds d"
      set -- "$@" "$path"
    elif [ -e "$path" ]; then
      kinds="$kinds o"
      set -- "$@" "$path"
    else
      kinds="$kinds -"
    fi
    shift 2
    left=$((left - 2))
  done
  say "K$kinds"
  [ $# -gt 0 ] || return 0
  say S
  stats "$@"
  left=$#
  while [ "$left" -gt 0 ]; do
    if [ -L "$1" ]; then
      target=$(readlink "$1" && printf x)
      target=${target%"${NL}x"}
      say "L ${#target}"
      printf '%s\n' "$target"
    elif [ -f "$1" ]; then
      set -- "$@" "$1"
    fi
    shift
    left=$((left - 1))
  done
  [ $# -gt 0 ] || return 0
  say H
  found=$(sums "$@")
  say "$found"
  file=0
  while read -r sum _; do
    want=${wanted%% *} wanted=${wanted#* } sum=${sum#\\}
    if [ "$want" != - ] && [ "$want" != "$sum" ]; then inspect_content "$file" "$1"; fi
    shift
    file=$((file + 1))
  done <<END
$found
END
}

inspect_content() {
  size=$(wc -c <"$2")
  size=$((size))
  [ "$size" -le 262144 ] || return 0
  say "C $1 $size"
  head -c "$size" -- "$2" 2>/dev/null || head -c "$size" "$2"
  say ''
}

# inspect_units UNIT ...
inspect_units() {
  say "U $#"
  if [ "$INIT" = systemd ]; then
    # A template is no unit that systemd could show: its file tells what there is to know.
    for unit; do
      case $unit in *@.*) templates=yes ;; esac
    done
  fi
  if [ "$INIT" = systemd ] && [ -z "${templates-}" ]; then
    show_units "$@"
  else
    for unit; do
      case $INIT-$unit in
        systemd-*@.*) offline_unit "$unit" ;;
        systemd-*) show_units "$unit" && say '' ;;
        *) offline_unit "$unit" ;;
      esac
    done
  fi
  say 'U end'
}

show_units() { systemctl show --no-pager -p LoadState -p ActiveState -p UnitFileState -p NeedDaemonReload -- "$@"; }

# The state of a unit in a tree that is not booted, from its files.
offline_unit() {
  load=not-found state=
  for directory in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    if [ -L "$R$directory/$1" ] && [ "$(readlink "$R$directory/$1")" = /dev/null ]; then
      load=masked state=masked
      break
    elif [ -f "$R$directory/$1" ]; then
      load=loaded state=static
      if grep -q '^\[Install\]' "$R$directory/$1"; then state=disabled; fi
      break
    fi
  done
  for link in "$R/etc/systemd/system/"*.wants/"$1" "$R/etc/systemd/system/"*.requires/"$1"; do
    [ ! -L "$link" ] || [ "$state" != disabled ] || state=enabled
  done
  say "LoadState=$load${NL}ActiveState=inactive${NL}UnitFileState=$state${NL}NeedDaemonReload=no${NL}"
}

# inspect_accounts USER ... : the passwd lines of these users and all groups.
inspect_accounts() {
  say A
  if [ -z "$R" ] && command -v getent >/dev/null; then
    [ $# -eq 0 ] || getent passwd -- "$@"
    say G
    getent group
  else
    [ ! -r "$R/etc/passwd" ] || cat "$R/etc/passwd"
    # The files may end without a newline.
    say "${NL}G"
    [ ! -r "$R/etc/group" ] || cat "$R/etc/group"
    say ''
  fi
  say 'A end'
}

# inspect_packages NAME ...
inspect_packages() {
  if command -v dpkg-query >/dev/null && [ -d "$R/var/lib/dpkg" ]; then
    say P
    # An unknown name only makes dpkg-query complain: what it does not list is not installed.
    dpkg-query --admindir="$R/var/lib/dpkg" -W -f '${Package} ${Architecture} ${db:Status-Status} ${Version}\n' -- "$@" 2>/dev/null
    say 'P end'
  else
    say 'P none'
  fi
}

# inspect_checks COMMAND ... : one line of 0 (it exited 0) and 1.
inspect_checks() {
  answers=
  for check; do
    if timed_command 10 "$check" >/dev/null 2>&1; then answers="$answers 0"; else answers="$answers 1"; fi
  done
  say "X$answers"
}

# What an earlier run left: its journal, what the manifest says, and an apply that still runs.
inspect_state() {
  if [ -s "$STATE/journal" ]; then
    say J
    cat "$STATE/journal"
    # The last line may have been torn by a kill.
    say "${NL}J end"
  fi
  inspect_manifest
  # It is empty when the last run came to its end: then the lock is not even tried.
  if [ -s "$STATE/applying" ] && ! lock_is_free; then
    read -r applying <"$STATE/applying"
    say "applying $applying"
  fi
}

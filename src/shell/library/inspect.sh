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
# stat lines of those that exist, `H` the sums of regular files, `L` a link's target, `C` a content that differs. The lists
# are of the arguments' names, for `eval`: lists of the paths themselves would be copied whole for each path.
inspect_paths() {
  kinds= existing= links= files= wanted= at=1
  while [ "$at" -lt $# ]; do
    eval "path=\$R\${$at}"
    name="\"\$R\${$at}\""
    if [ -L "$path" ]; then
      kinds="$kinds l" existing="$existing $name" links="$links $name"
    elif [ -f "$path" ]; then
      kinds="$kinds f" existing="$existing $name" files="$files $name"
      eval "wanted=\"\$wanted\${$((at + 1))} \""
    elif [ -d "$path" ]; then
      kinds="$kinds d" existing="$existing $name"
    elif [ -e "$path" ]; then
      kinds="$kinds o" existing="$existing $name"
    else
      kinds="$kinds -"
    fi
    at=$((at + 2))
  done
  say "K$kinds"
  [ -n "$existing" ] || return 0
  say S
  eval "stats $existing"
  eval "inspect_links $links"
  [ -n "$files" ] || return 0
  say H
  eval "found=\$(sums $files)"
  say "$found"
  eval "inspect_contents $files"
}

inspect_links() {
  for link; do
    target=$(readlink "$link" && printf x)
    target=${target%"${NL}x"}
    say "L ${#target}"
    printf '%s\n' "$target"
  done
}

# The contents of the files whose sum, a line of `found`, is not the wanted one.
inspect_contents() {
  found=$found$NL file=0
  for path; do
    sum=${found%% *} want=${wanted%% *} found=${found#*"$NL"} wanted=${wanted#* }
    if [ "$want" != - ] && [ "$want" != "${sum#\\}" ]; then inspect_content "$file" "$path"; fi
    file=$((file + 1))
  done
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

show_units() { systemctl show --no-pager -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload -- "$@"; }

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

# Before the first answer: one that an apply gives in its middle is no answer, also when the apply has ended by the last.
inspect_begins() {
  APPLYING=
  note_applying
  find_newest_generation
  GENERATION_BEFORE=$NEWEST
}

# `applying` is empty when the last run came to its end: then the lock is not even tried.
note_applying() {
  if [ -z "$APPLYING" ] && [ -s "$STATE/applying" ] && ! lock_is_free; then
    read_holder
    APPLYING=${holder:-unknown}
  fi
}

# What an earlier run left: its journal, what the manifest says, and an apply that went on meanwhile.
inspect_state() {
  if [ -s "$STATE/journal" ]; then
    say J
    cat "$STATE/journal"
    # The last line may have been torn by a kill.
    say "${NL}J end"
  fi
  inspect_manifest
  note_applying
  find_newest_generation
  [ "$NEWEST" = "$GENERATION_BEFORE" ] || APPLYING=${APPLYING:-one that has just ended}
  [ -z "$APPLYING" ] || say "applying $APPLYING"
}

# The state of units: by systemctl, or by their files in a root tree that is not booted.

# inspect_units UNIT ... : one block of properties for each, then one for each other unit that stops or restarts with them.
inspect_units() {
  say units
  one_by_one='' asked=" $* " others=''
  for unit; do
    if shown_by_file "$unit"; then one_by_one=yes; fi
  done
  if [ -z "$one_by_one" ]; then
    ask_units "$@"
  else
    for unit; do
      if shown_by_file "$unit"; then offline_unit "$unit"; else ask_units "$unit"; fi
    done
  fi
  while [ -n "$others" ]; do
    # shellcheck disable=SC2086 # names of units have no blanks
    set -- $others
    others=
    ask_units "$@"
  done
  say 'units end'
}

# ask_units UNIT ... : adds to others the units that stop or restart with these and were not asked for.
ask_units() {
  show_units "$@" || return
  while read -r line; do
    case $line in
      RequiredBy=?* | RequisiteOf=?* | BoundBy=?* | ConsistsOf=?* | PropagatesStopTo=?* | Conflicts=?* | ConflictedBy=?*) ;;
      *) continue ;;
    esac
    for other in ${line#*=}; do
      case $asked$other in *" $other "* | *.target) ;; *) others="$others $other" asked="$asked$other " ;; esac
    done
  done <<END
$shown
END
}

# unit_said UNIT: what systemd says of it, and the last lines of its journal.
unit_said() {
  [ "$INIT" != systemd ] || systemctl status --no-pager --full --lines=10 -- "$1" 2>&1 | tail -c 4096
}

# Whether the state of a unit comes only from its file. systemctl shows no template units.
shown_by_file() {
  case $INIT-$1 in
    systemd-*@.*) return 0 ;;
    systemd-*) return 1 ;;
  esac
}

# Prints what systemctl says of units, a block for each. A unit that is only linked into a unit directory stays `linked`
# if it has no [Install], and is as good as `static`.
show_units() {
  shown=$(systemctl show --no-pager -p Id -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
    -p Type -p RemainAfterExit -p CanReload -p FragmentPath -p RequiredBy -p RequisiteOf -p BoundBy -p ConsistsOf \
    -p PropagatesStopTo -p Conflicts -p ConflictedBy -- "$@") || return
  case $shown in *UnitFileState=linked*) shown=$(show_linked) ;; esac
  say "$shown$NL"
}

show_linked() {
  while IFS= read -r property; do
    case $property in
      FragmentPath=*) fragment=${property#*=} ;;
      UnitFileState=linked*) has_install "$fragment" || property=UnitFileState=static ;;
    esac
    say "$property"
  done <<END
$shown
END
}

has_install() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '[Install]'*) return 0 ;; esac
  done <"$1"
  return 1
}

offline_unit() {
  load=not-found state=
  find_unit_file "$1"
  if [ -n "$UNIT_FILE" ]; then
    if masks_unit "$R$UNIT_FILE"; then
      load=masked state=masked
    elif has_install "$R$UNIT_FILE"; then
      load=loaded state=disabled
    else
      load=loaded state=static
    fi
  fi
  if [ "$state" = disabled ]; then
    base=$R/etc/systemd/system
    for link in "$base"/*.wants/"$1" "$base"/*.requires/"$1" "$base"/*.upholds/"$1"; do
      [ ! -L "$link" ] || state=enabled
    done
    while IFS='=' read -r key value; do
      [ "$key" = Alias ] || continue
      for link in $value; do [ ! -L "$base/$link" ] || state=enabled; done
    done <"$R$UNIT_FILE"
  fi
  say "LoadState=$load${NL}ActiveState=inactive${NL}UnitFileState=$state${NL}NeedDaemonReload=no${NL}"
}

# Sets UNIT_FILE to what systemd would load for a unit: a file, or the link that masks it. Empty if there is none.
find_unit_file() {
  case $1 in *@?*.*) template=${1%%@*}@.${1##*.} ;; *) template= ;; esac
  for unit_file in "$1" $template; do
    for directory in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      UNIT_FILE=$directory/$unit_file
      if [ -f "$R$UNIT_FILE" ] || masks_unit "$R$UNIT_FILE"; then return; fi
    done
  done
  UNIT_FILE=
}

masks_unit() { [ -L "$1" ] && [ "$(readlink "$1")" = /dev/null ]; }

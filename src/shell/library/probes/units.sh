# The state of units: by systemctl, or by their files in a root tree that is not booted.

# inspect_units UNIT ... : one block of properties for each.
inspect_units() {
  say units
  one_by_one=
  for unit; do
    if shown_by_file "$unit"; then one_by_one=yes; fi
  done
  if [ -z "$one_by_one" ]; then
    show_units "$@"
  else
    for unit; do
      if shown_by_file "$unit"; then offline_unit "$unit"; else show_units "$unit" && say ''; fi
    done
  fi
  say 'units end'
}

# Whether the state of a unit comes only from its file. systemctl shows no template units.
shown_by_file() {
  case $INIT-$1 in
    systemd-*@.*) return 0 ;;
    systemd-*) return 1 ;;
  esac
}

show_units() {
  shown=$(systemctl show --no-pager -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
    -p Type -p RemainAfterExit -p FragmentPath -- "$@")
  case $shown in *UnitFileState=linked*) show_linked ;; *) say "$shown" ;; esac
}

# A unit that is only linked into a unit directory stays `linked` if it has no [Install], and is as good as `static`.
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
  for link in "$R/etc/systemd/system/"*.wants/"$1" "$R/etc/systemd/system/"*.requires/"$1"; do
    [ ! -L "$link" ] || [ "$state" != disabled ] || state=enabled
  done
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

# Operations on units: by systemctl, or by links in a root tree that is not booted.

# daemon-reload
is_daemon_reload() { return 1; }
do_daemon_reload() {
  [ "$INIT" = systemd ] || return 0
  systemctl daemon-reload || return
  # systemd remembers the failure of a unit whose file is gone, and the host counts as degraded.
  failed=$(exec systemctl list-units --all --full --state=failed --no-legend --no-pager)
  set --
  # Newer ones print a mark before a name.
  while read -r unit load more _; do
    case $unit in *.*) ;; *) unit=$load load=$more ;; esac
    [ "$load" != not-found ] || set -- "$@" "$unit"
  done <<END
$failed
END
  [ $# -eq 0 ] || systemctl reset-failed -- "$@"
}

# unit UNIT ACTION [--around=SERVICE] [OPTION OF SYSTEMCTL]
is_unit() {
  case $INIT in
    systemd)
      case $2 in
        start) systemctl is-active --quiet -- "$1" ;;
        stop) ! systemctl is-active --quiet -- "$1" ;;
        enable) systemctl is-enabled --quiet -- "$1" 2>/dev/null ;;
        disable) ! systemctl is-enabled --quiet -- "$1" 2>/dev/null ;;
        mask) [ "$(systemctl is-enabled -- "$1" 2>/dev/null)" = masked ] ;;
        unmask) [ "$(systemctl is-enabled -- "$1" 2>/dev/null)" != masked ] ;;
        *) return 1 ;;
      esac
      ;;
    *)
      state=$(offline_unit "$1")
      case $2 in
        enable) case $state in *UnitFileState=disabled*) return 1 ;; esac ;;
        disable) case $state in *UnitFileState=enabled*) return 1 ;; esac ;;
        mask) case $state in *UnitFileState=masked*) ;; *) return 1 ;; esac ;;
        unmask) case $state in *UnitFileState=masked*) return 1 ;; esac ;;
      esac
      ;;
  esac
}
do_unit() {
  if [ "$INIT" = offline ]; then
    change_offline_unit "$1" "$2"
    return
  fi
  case ${3-} in
    --around=*)
      change_around "${3#--around=}" "$1" "$2" ${4+"$4"}
      return
      ;;
  esac
  case $2 in
    start | restart | reload)
      # Resets the start limit of a unit that failed too often: systemd does not tell afterwards that it refused one for that.
      systemctl reset-failed -- "$1" 2>/dev/null
      systemctl ${3+"$3"} "$2" -- "$1" || {
        result=$?
        systemctl status --no-pager --full -n 20 -- "$1" || :
        return "$result"
      }
      ;;
    disable)
      linked=$R/etc/systemd/system/$1 target=
      [ ! -L "$linked" ] || target=$(readlink "$linked")
      systemctl ${3+"$3"} disable -- "$1" || return
      # A link to a unit file elsewhere is not what enabled it, but goes along.
      case $target in
        */"$1") [ -L "$linked" ] || { ln -s -- "$target" "$linked" && systemctl daemon-reload; } ;;
      esac
      ;;
    *) systemctl ${3+"$3"} "$2" -- "$1" ;;
  esac
}

# change_around SERVICE UNIT ACTION [OPTION OF SYSTEMCTL]: systemd does not start a socket while its service runs. That the
# service is to start again is on disk before it stops.
change_around() {
  around=$1
  shift
  unit_is_running "$around" || was_earned start "unit[$around]" || {
    do_unit "$@"
    return
  }
  OWED="${OWED}owe start unit[$around]$NL"
  journal_now && systemctl stop -- "$around" || return
  point "stopped $around"
  do_unit "$@"
  changed=$?
  point "around $around"
  do_unit "$around" start && settle start "unit[$around]" && return "$changed"
}

# Enabling in a tree that is not booted: the links that [Install] asks for.
change_offline_unit() {
  base=$R/etc/systemd/system
  case $2 in
    mask) do_link "/etc/systemd/system/$1" /dev/null ;;
    unmask) do_remove "/etc/systemd/system/$1" no ;;
    disable)
      rm -f -- "$base"/*.wants/"$1" "$base"/*.requires/"$1" "$base"/*.upholds/"$1"
      for alias in "$base"/*; do
        [ -L "$alias" ] || continue
        case $(readlink "$alias") in "$1" | */"$1") [ "$alias" = "$base/$1" ] || rm -f -- "$alias" ;; esac
      done
      ;;
    enable)
      find_unit_file "$1"
      [ -f "$R$UNIT_FILE" ] || {
        say "there is no unit file for $1"
        return 1
      }
      make_parents /etc/systemd/system || return 1
      while IFS='=' read -r key value; do
        case $key in
          WantedBy) kind=wants ;;
          RequiredBy) kind=requires ;;
          UpheldBy) kind=upholds ;;
          Alias)
            for alias in $value; do ln -sfn -- "$UNIT_FILE" "$base/$alias" || return 1; done
            continue
            ;;
          *) continue ;;
        esac
        for wanting in $value; do
          (umask 022 && mkdir -p -- "$base/$wanting.$kind") && ln -sf -- "$UNIT_FILE" "$base/$wanting.$kind/$1" || return 1
        done
      done <"$R$UNIT_FILE"
      ;;
  esac
}

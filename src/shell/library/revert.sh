# What only the undo of an unconfirmed apply needs. It works from any point of the apply, without a controller.

# outlast ID: waits for the apply, and stops it at the time limit, because it may hang.
outlast() {
  waited=0
  until lock_is_free; do
    read_holder
    [ "${holder%% *}" = "$1" ] || return 0
    if [ "$waited" -ge "$LOCK_WAIT" ]; then
      unlock >/dev/null
      return 0
    fi
    waited=$((waited + 1))
    sleep 1
  done
}

# back NUMBER OPERATION ARGUMENT ... : one step of the undo. Skips what the apply did not reach; after a failure the
# others continue, because one of them may restore the connection.
back() {
  if already_back "$@" >/dev/null 2>&1; then
    emit "same $1"
    return 0
  fi
  step "$@"
  [ -n "$FAILED" ] || flush_packages
  if [ -n "$FAILED" ]; then FAILED='' TROUBLE=yes; fi
}

already_back() {
  operation=$2
  shift 2
  case $operation-${2-} in
    # It is kept right before it is replaced.
    restore-*) [ ! -f "$CLUSTER/$2" ] || is_restore "$@" ;;
    # A unit between two start attempts is neither active nor stopped.
    unit-stop) case $(systemctl is-active -- "$1") in inactive | failed | unknown) ;; *) return 1 ;; esac ;;
    *) "is_$operation" "$@" ;;
  esac
}

end_of_way_back() {
  FAILED=${FAILED:-${TROUBLE-}}
  end_of_steps
}

# What only the way back needs: it starts from whatever the apply has reached, and nobody is there to help it on.

# outlast ID: an apply that hangs would keep its host cut off. It has had its time, and is ended.
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

# back NUMBER OPERATION ARGUMENT ... : a step of the way back. What the apply has not reached needs none, and one that
# fails must not keep the others from what cuts the host off.
back() {
  if already_back "$@" >/dev/null 2>&1; then
    emit "same $1"
    return 0
  fi
  step "$@"
  if [ -n "$FAILED" ]; then FAILED='' TROUBLE=yes; fi
}

already_back() {
  operation=$2
  shift 2
  case $operation-${2-} in
    # It is kept right before it is replaced.
    restore-*) [ ! -f "$CLUSTER/$2" ] || is_restore "$@" ;;
    # A unit between two tries to start is not active, and not stopped.
    unit-stop) case $(systemctl is-active -- "$1") in inactive | failed | unknown) ;; *) return 1 ;; esac ;;
    *) "is_$operation" "$@" ;;
  esac
}

end_of_way_back() {
  FAILED=${FAILED:-${TROUBLE-}}
  end_of_steps
}

# The platform of the host.

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
  # The portable program stages nothing.
  [ -z "${STAGING_DIR-}" ] || [ -d "$R$STAGING_DIR/" ] || say "no-staging $STAGING_DIR"
  if [ -n "$R" ]; then inspect_tree_accounts; else inspect_machine; fi
}

# Clones may share their machine-id, and containers the boot and the hostname of others: all three are asked.
inspect_machine() {
  machine=
  for file in /etc/machine-id /proc/sys/kernel/random/boot_id /proc/sys/kernel/hostname; do
    part=
    [ ! -r "$file" ] || read -r part <"$file"
    if [ -z "$part" ]; then return; fi
    machine="$machine $part"
  done
  say "same$machine"
}

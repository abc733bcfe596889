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
  [ -z "$R" ] || inspect_tree_accounts
}

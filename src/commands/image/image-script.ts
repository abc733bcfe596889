import { quote } from '../../shell/quote.ts'

interface ImageScript {
  readonly host: string
  readonly cluster: string
  readonly stateDir: string
  /** The portable program of what belongs in the image. */
  readonly program: string
}

/** Makes an image of the machine that it runs on, as root, or of the tree in CONVERGE_ROOT; nothing that tells machines apart stays. */
export function imageScript({ host, cluster, stateDir, program }: ImageScript): string {
  return `#!/bin/sh
# Makes of this machine, or of the tree in CONVERGE_ROOT, an image of what hosts like ${host} have in common. Run it as root.
R=\${CONVERGE_ROOT-}
if [ -e "$R"${quote(stateDir)} ]; then
  echo 'converge has been here: start from a new machine, or remove ${stateDir} after an attempt that failed' >&2
  exit 1
fi
(
${program}) || exit
set -e
${cleaning(`${stateDir}/clusters/${cluster}`)}
echo 'the image is ready: shut this machine down before it gets another identity'
`
}

/** The record stays, so that what is in the image counts as converge's on each host that is made of it. */
function cleaning(record: string): string {
  return `state=$R${quote(record)}
rm -f "$state/identities" "$state/members"
for found in "$state"/generations/*/found; do
  [ ! -f "$found" ] || { sed '/^same /d' "$found" >"$found.new" && mv -f "$found.new" "$found"; }
done
if [ -z "$R" ]; then
  if command -v apt-get >/dev/null; then apt-get clean; rm -rf /var/lib/apt/lists/*; fi
  if command -v dnf >/dev/null; then dnf --quiet clean all; fi
  if command -v zypper >/dev/null; then zypper --quiet clean --all; fi
  if command -v cloud-init >/dev/null; then cloud-init clean --logs; fi
fi
mkdir -p "$R/etc/systemd/system/sysinit.target.wants"
cat >"$R/etc/systemd/system/converge-host-keys.service" <<'END'
[Unit]
Description=Host keys of a machine that was made of an image
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
ConditionFileIsExecutable=/usr/bin/ssh-keygen

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
END
ln -sf ../converge-host-keys.service "$R/etc/systemd/system/sysinit.target.wants/converge-host-keys.service"
rm -f "$R"/etc/ssh/ssh_host_*
[ ! -e "$R/etc/machine-id" ] || : >"$R/etc/machine-id"
rm -f "$R/etc/hostname" "$R/var/lib/dbus/machine-id" "$R/var/lib/systemd/random-seed" \
  "$R/var/lib/systemd/credential.secret" "$R"/var/lib/dhcp/*.leases "$R"/var/lib/dhclient/*.lease* \
  "$R"/var/lib/dhcpcd/*.lease* "$R"/var/lib/NetworkManager/*.lease "$R/root/.bash_history" "$R"/home/*/.bash_history \
  "$R/root/.ssh/known_hosts"
rm -rf "$R"/var/log/journal/*
# Emptied, because not every program makes its log itself.
[ ! -d "$R/var/log" ] || find "$R/var/log" -type f -exec sh -c 'for log; do : >"$log"; done' sh {} +`
}

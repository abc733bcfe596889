import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { mustRun } from './command.ts'

/** The password that sudo asks of the user `operator`; it has what a careless shell would expand or split. */
export const operatorPassword = 'lab pass $HOME "word"'

/** Whether hosts have the kernel of this machine or each has one of its own. */
export type Kernel = 'shared' | 'own'

const suite = 'bookworm'

const basePackages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'openssh-sftp-server',
  'iproute2',
  'sudo',
  'ca-certificates',
  'curl',
  'e2fsprogs',
  'nftables',
  'busybox',
]

const sshd = ['MaxStartups 200:30:400', 'MaxSessions 200', 'UseDNS no', 'PasswordAuthentication no']

// Shell, run by mmdebstrap with the tree as $1. Uids are fixed so that a host's files can be given to its users from outside.
const customization = [
  'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/hostname "$1"/etc/resolv.conf',
  `printf '%s\\n' '${sshd.join("' '")}' 'HostKey /etc/ssh/ssh_host_ed25519_key' >"$1"/etc/ssh/sshd_config.d/lab.conf`,
  'chroot "$1" useradd --uid 1000 --user-group --create-home --shell /bin/sh admin',
  'chroot "$1" useradd --uid 1001 --gid operator --create-home --shell /bin/bash operator',
  `printf '%s\\n' 'operator:${operatorPassword}' | chroot "$1" chpasswd`,
  `printf '%s\\n' 'admin ALL=(ALL:ALL) NOPASSWD: ALL' 'operator ALL=(ALL:ALL) ALL' >"$1"/etc/sudoers.d/lab`,
  'chmod 0440 "$1"/etc/sudoers.d/lab',
  'mkdir -p "$1"/etc/systemd/system/multi-user.target.wants',
  'ln -s /lib/systemd/system/systemd-networkd.service "$1"/etc/systemd/system/multi-user.target.wants/',
  // Hosts reach nothing but the lab's bridge: no package source, and no timer that would look for one.
  'rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
  'systemctl --root="$1" mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer',
  ': >"$1"/etc/machine-id',
]

const kernelPackages = ['linux-image-cloud-amd64', 'udev', 'kmod']

// Nothing but what the lab needs is started: what is emulated boots slowly, and recipes have more to do.
const kernelCustomization = [
  'mkdir "$1"/etc/systemd/system-preset',
  `printf '%s\\n' 'enable ssh.service' 'enable systemd-networkd.service' 'disable *' >"$1"/etc/systemd/system-preset/00-lab.preset`,
  'systemctl --root="$1" preset-all',
  'rm -r "$1"/etc/systemd/system-preset',
]

/**
 * The directory of a Debian tree that has the base packages and `packages`, users and sshd set up, but nothing that
 * belongs to one host; a kernel for hosts that have one of their own. Built once for the same recipe (half a minute), then taken from the cache. Never write into it.
 */
export async function baseTree(packages: readonly string[], kernel: Kernel): Promise<string> {
  const isOwn = kernel === 'own'
  const all = [...basePackages, ...(isOwn ? kernelPackages : []), ...packages]
  const hooks = [...customization, ...(isOwn ? kernelCustomization : [])]
  const recipe = [
    '--variant=minbase',
    `--include=${[...new Set(all)].sort().join(',')}`,
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    suite,
  ]
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16)
  return cached(`tree-${hash}`, async (directory) => {
    const sources = await packageSources()
    await mustRun(
      'mmdebstrap',
      ['--quiet', '--mode=root', '--format=directory', ...recipe, directory, ...sources],
      {
        timeoutMs: 15 * 60_000,
      },
    )
  })
}

/** This machine's package sources that name the suite; none on another distribution, where mmdebstrap knows a default. */
async function packageSources(): Promise<readonly string[]> {
  const files = [
    '/etc/apt/sources.list',
    ...(await namesIn('/etc/apt/sources.list.d'))
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => join('/etc/apt/sources.list.d', name)),
  ]
  const wanted: string[] = []
  for (const file of files) {
    if (new RegExp(`^[^#]*\\s${suite}\\s`, 'm').test(await textOf(file))) wanted.push(file)
  }
  return wanted
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return ifThere(readdir(directory), [])
}

async function textOf(file: string): Promise<string> {
  return ifThere(readFile(file, 'utf8'), '')
}

async function ifThere<T>(reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return absent
    throw error
  }
}

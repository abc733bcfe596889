import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mustRun } from './command.ts'

/** A file system of limited size in a host, for what happens when a disk is full. */
export interface SmallDisk {
  /** Where it is mounted in the host, such as `/srv/small`. */
  readonly path: string
  readonly sizeBytes: number
}

export interface TreeOptions {
  readonly name: string
  readonly address: string
  /** The folder that holds everything of this host. */
  readonly directory: string
  readonly base: string
  readonly smallDisks: readonly SmallDisk[]
  /** The text of /etc/hosts. */
  readonly hostsFile: string
  readonly publicKey: string
}

// As the base tree created them.
const users = [
  { home: 'root', uid: 0, gid: 0 },
  { home: 'home/admin', uid: 1000, gid: 1000 },
  { home: 'home/operator', uid: 1001, gid: 37 },
]

/** Makes the root of one host: an overlay on the base tree, and in it what is the host's own. Gives its path. */
export async function createTree(options: TreeOptions): Promise<string> {
  const { directory, base, name, address } = options
  const [root, upper, work] = [join(directory, 'root'), join(directory, 'upper'), join(directory, 'work')]
  for (const folder of [root, upper, work]) await mkdir(folder, { recursive: true })
  const layers = `lowerdir=${base},upperdir=${upper},workdir=${work}`
  await mustRun('mount', ['-t', 'overlay', 'converge-lab', '-o', layers, root])
  for (const { path, sizeBytes } of options.smallDisks) {
    await mkdir(join(root, path), { recursive: true })
    await mustRun('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${sizeBytes},mode=755`,
      'converge-lab',
      join(root, path),
    ])
  }
  await writeFile(join(root, 'etc/hostname'), `${name}\n`)
  await writeFile(join(root, 'etc/hosts'), options.hostsFile)
  // The name sorts before systemd's own 80-container-host0.network, which would ask for DHCP.
  await writeFile(
    join(root, 'etc/systemd/network/10-host0.network'),
    `[Match]\nName=host0 eth0\n\n[Network]\nAddress=${address}/24\nLinkLocalAddressing=no\n`,
  )
  for (const { home, uid, gid } of users) {
    await writeOwned(join(root, home, '.ssh/authorized_keys'), options.publicKey, uid, gid)
  }
  await createHostKey(root)
  return root
}

/** Gives the host below `root` a new host key; a running sshd has to be restarted to use it. */
export async function createHostKey(root: string): Promise<void> {
  const file = hostKeyFile(root)
  for (const old of [file, `${file}.pub`]) await rm(old, { force: true })
  await createKey(file)
}

/** The line of a known_hosts file for the host below `root`. */
export async function knownHostsLine(root: string, address: string): Promise<string> {
  const [type, key] = (await readFile(`${hostKeyFile(root)}.pub`, 'utf8')).split(' ')
  return `${address} ${type} ${key}\n`
}

/** Makes a fresh ed25519 key pair without a passphrase: `file` and `file`.pub. */
export async function createKey(file: string): Promise<void> {
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'converge-lab', '-f', file])
}

function hostKeyFile(root: string): string {
  return join(root, 'etc/ssh/ssh_host_ed25519_key')
}

async function writeOwned(file: string, text: string, uid: number, gid: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, text, { mode: 0o600 })
  for (const path of [dirname(file), file]) await chown(path, uid, gid)
}

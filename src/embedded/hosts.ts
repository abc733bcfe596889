import { existsSync } from 'node:fs'
import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plantRootTree } from '../transports/local/root-tree.ts'
import { createHostServer, type EmbeddedEvent, type HostServer } from './host-server.ts'
import { type EmbeddedKey, generateKey } from './keys.ts'

export interface EmbeddedHostsOptions {
  readonly names: readonly string[]
  /** For keys and root trees; created if missing. An existing tree is kept. */
  readonly directory: string
  /** Login names that are accepted; `root` by default. */
  readonly users?: readonly string[]
  /** The login shell, run with `-c` and the command; `/bin/sh` by default. */
  readonly shell?: readonly string[]
  /** Directories to search for commands before everything else. */
  readonly searchPath?: readonly string[]
  /** Uploads fail past this size of a file. */
  readonly quotaBytes?: number
  readonly onEvent?: (host: string, event: EmbeddedEvent) => void
}

export interface EmbeddedHost {
  readonly name: string
  readonly address: string
  readonly port: number
  /** The host's root tree. */
  readonly root: string
  cut(): void
  stop(): Promise<void>
}

/** Hosts that run within this process. */
export interface EmbeddedHosts {
  readonly hosts: readonly EmbeddedHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Takes all hosts down. The directory stays. */
  close(): Promise<void>
}

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Starts hosts that need only Node and a POSIX shell: SSH and SFTP servers with a stand-in for systemctl. */
export async function startEmbeddedHosts(options: EmbeddedHostsOptions): Promise<EmbeddedHosts> {
  await mkdir(options.directory, { recursive: true })
  const directory = await realpath(options.directory)
  const identityFile = join(directory, 'identity')
  const knownHostsFile = join(directory, 'known_hosts')
  const authorizedKey = generateKey()

  const started = await Promise.all(
    options.names.map((name) => startHost(name, directory, authorizedKey, options)),
  )
  await writeFile(identityFile, authorizedKey.privatePem, { mode: 0o600 })
  await writeFile(knownHostsFile, started.map(({ knownHost }) => `${knownHost}\n`).join(''), { mode: 0o600 })
  return {
    hosts: started.map(({ host }) => host),
    identityFile,
    knownHostsFile,
    async close() {
      await Promise.all(started.map(({ host }) => host.stop()))
    },
  }
}

async function startHost(
  name: string,
  directory: string,
  authorizedKey: EmbeddedKey,
  options: EmbeddedHostsOptions,
): Promise<{ readonly host: EmbeddedHost; readonly knownHost: string }> {
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) throw new RangeError(`${name} is not a host name`)
  const root = join(directory, name)
  if (!existsSync(root)) await plantEmbeddedRoot(root)
  const hostKey = generateKey()
  const server: HostServer = createHostServer({
    root,
    hostKey,
    authorizedKey,
    users: options.users ?? ['root'],
    shell: options.shell ?? ['/bin/sh'],
    searchPath: [...(options.searchPath ?? []), standIns(), ...SYSTEM_PATH, process.env.PATH ?? ''].join(
      delimiter,
    ),
    quotaBytes: options.quotaBytes ?? Number.POSITIVE_INFINITY,
    onEvent: (event) => options.onEvent?.(name, event),
  })
  const port = await server.listen()
  const address = '127.0.0.1'
  return {
    host: { name, address, port, root, cut: () => server.cut(), stop: () => server.stop() },
    knownHost: `[${address}]:${port} ${hostKey.type} ${hostKey.publicBlob.toString('base64')}`,
  }
}

async function plantEmbeddedRoot(root: string): Promise<void> {
  await plantRootTree(root)
  // sd_booted(3) checks for this directory.
  await mkdir(join(root, 'run/systemd/system'), { recursive: true })
}

/** The folder of the stand-ins, as seen from the sources or from the bundle. */
function standIns(): string {
  const candidates = ['./bin', '../src/embedded/bin', '../../src/embedded/bin'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  const found = candidates.find((candidate) => existsSync(join(candidate, 'systemctl')))
  if (found === undefined)
    throw new Error(`the stand-in for systemctl was not found in ${candidates.join(', ')}`)
  return found
}

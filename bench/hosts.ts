import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { startLab } from '../src/lab/lab.ts'
import { labUnavailable } from '../src/lab/unavailable.ts'
import { removeWorkload } from './workload.ts'

/** Hosts to converge, all of them on this machine. */
export interface BenchHosts {
  /** What they are, in words. */
  readonly kind: string
  readonly hosts: readonly BenchHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Where this machine sees a file of a host. */
  path(host: string, path: string): string
  /** Runs a line of shell as root in a host, not over SSH, and gives its output; undefined for embedded hosts. */
  run?(host: string, line: string): Promise<string>
  /** Takes the workload off these hosts. */
  reset(hosts: readonly BenchHost[]): Promise<void>
  /** Takes everything down. */
  close(): Promise<void>
}

interface BenchHost {
  readonly name: string
  readonly address: string
  readonly port: number
}

export interface HostsOptions {
  readonly count: number
  /** Embedded hosts even if real ones could run. */
  readonly embedded: boolean
  /** Where embedded hosts live. */
  readonly folder: string
  /** Takes a line about what is going on. */
  tell(line: string): void
}

/** Starts real systemd hosts if this machine can run so many, else embedded ones. */
export async function startHosts({ count, embedded, folder, tell }: HostsOptions): Promise<BenchHosts> {
  const names = Array.from({ length: count }, (_, index) => `h${index}`)
  const obstacle = embedded ? 'asked for' : (labUnavailable() ?? tooFewInotifyInstances(count))
  if (obstacle === undefined) return startReal(names)
  tell(`embedded hosts: ${obstacle}`)
  return startEmbedded(names, folder)
}

// What a host's systemd, dbus, logind and getty hold open, and some that come and go.
const inotifyInstancesPerHost = 10
const inotifyLimit = '/proc/sys/fs/inotify/max_user_instances'

/** The kernel's usual limit is for one machine's systemd, and all hosts run as this machine's root. */
function tooFewInotifyInstances(count: number): string | undefined {
  const wanted = count * inotifyInstancesPerHost
  const limit = Number(readFileSync(inotifyLimit, 'utf8'))
  if (limit >= wanted) return undefined
  return `${count} systemd hosts need ${inotifyLimit} to be ${wanted} or more, it is ${limit}`
}

async function startReal(names: readonly string[]): Promise<BenchHosts> {
  const lab = await startLab({ hosts: names, bootTimeoutMs: 300_000 })
  const limit = pLimit(8)
  return {
    kind: 'real systemd hosts (systemd-nspawn, OpenSSH) that share the machine with the client',
    hosts: lab.hosts.map(({ name, address }) => ({ name, address, port: 22 })),
    identityFile: lab.identityFile,
    knownHostsFile: lab.knownHostsFile,
    path: (host, path) => lab.path(host, path),
    run: async (host, line) => (await lab.run(host, line)).stdout,
    async reset(hosts) {
      await Promise.all(hosts.map(({ name }) => limit(() => lab.run(name, removeWorkload))))
    },
    close: () => lab.close(),
  }
}

/** What the process of the embedded hosts reports. */
export interface EmbeddedStarted {
  readonly hosts: readonly BenchHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
}

async function startEmbedded(names: readonly string[], folder: string): Promise<BenchHosts> {
  const directory = join(folder, 'embedded')
  const child = fork(fileURLToPath(new URL('embedded-hosts.ts', import.meta.url)), [directory, ...names])
  const exited = once(child, 'exit')
  const started = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (started === undefined) throw new Error('the process of the embedded hosts ended')
  const { hosts, identityFile, knownHostsFile }: EmbeddedStarted = started[0]
  const pristine = join(folder, 'pristine')
  const [first] = names
  if (first !== undefined) await cp(join(directory, first), pristine, { recursive: true })
  return {
    kind: 'embedded hosts (an SSH server in Node, a directory each, a stand-in for systemd) in one other process',
    hosts,
    identityFile,
    knownHostsFile,
    path: (host, path) => join(directory, host, path),
    async reset(used) {
      for (const { name } of used) {
        await rm(join(directory, name), { recursive: true, force: true })
        await cp(pristine, join(directory, name), { recursive: true })
      }
    },
    async close() {
      child.disconnect()
      await exited
    },
  }
}

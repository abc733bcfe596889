import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseTree, type Kernel } from './base-tree.ts'
import type { CommandResult } from './command.ts'
import { atExit } from './exit.ts'
import { type FileServer, serveFiles } from './file-server.ts'
import { createHost, type Host } from './host.ts'
import { chooseNetwork, createBridge, maxHosts, type Network } from './network.ts'
import { directoryPrefix, recordFootprint, takeDown, takeDownDeadLabs } from './take-down.ts'
import { createHostKey, createKey, createTree, knownHostsLine, type SmallDisk } from './tree.ts'
import { labUnavailable, ownKernelUnavailable } from './unavailable.ts'
import { createDisks, createVirtualHost } from './virtual-machine.ts'

export interface LabOptions {
  /** The hosts' names, which are also their host names. */
  readonly hosts: readonly string[]
  /** Debian packages that all hosts have, beside those that every lab has. */
  readonly packages?: readonly string[]
  /** By the name of a host: file systems of limited size in it. They outlive a stop of the host. */
  readonly smallDisks?: Readonly<Record<string, readonly SmallDisk[]>>
  /** `own` for virtual machines, which are slower: for what a container cannot have, such as swap and modules. */
  readonly kernel?: Kernel
  /** How many disks of 64 MiB with nothing on them each host with a kernel of its own has: `/dev/vdb` and so on. */
  readonly blankDisks?: number
  /** How long a boot may take; two minutes unless said otherwise, ten with a kernel of its own. */
  readonly bootTimeoutMs?: number
}

interface LabHost {
  readonly name: string
  readonly address: string
}

/** Real systemd hosts on a bridge of this machine. Hosts are meant by their names. */
export interface Lab {
  /** This machine's address on the bridge. */
  readonly bridgeAddress: string
  readonly bridge: string
  readonly hosts: readonly LabHost[]
  /** A private key that root, `admin` and `operator` of every host accept. */
  readonly identityFile: string
  /** The hosts' keys as they were at the start. */
  readonly knownHostsFile: string
  /** The address of a host. */
  address(host: string): string
  /** Runs a line of shell as root inside a host, over SSH only if it has a kernel of its own; whatever its exit code, it is a result. */
  run(host: string, command: string, timeoutMs?: number): Promise<CommandResult>
  /** Where this machine sees a file of the host, also while the host is down. Not with a kernel of its own. */
  path(host: string, path: string): string
  /** Powers a host off. */
  stop(host: string): Promise<void>
  /** Cuts a host's power: its processes die at once. What it wrote is still there, even if it was not synced,
   * unless it has a kernel of its own. */
  cutPower(host: string): Promise<void>
  /** Boots a stopped host again, from the same tree. */
  start(host: string): Promise<void>
  /** Boots a stopped host, and cuts its power after that long. */
  startAndCut(host: string, afterMs: number): Promise<void>
  /** Gives a host another host key, which `knownHostsFile` does not know; gives the line that would. */
  replaceHostKey(host: string): Promise<string>
  /** Serves a directory of this machine to the hosts; gives the URL of it, without a slash at the end. */
  serve(directory: string): Promise<string>
  /** Removes the lab: hosts, mounts, bridge, temporary files. Also happens by itself when the process ends. */
  close(): Promise<void>
}

/**
 * Boots real systemd hosts, all at once, and waits until each has started and answers on port 22.
 * @throws when this machine cannot run a lab, or a host does not start; then nothing is left
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  refuseImpossible(options)
  takeDownDeadLabs()
  const { kernel = 'shared', packages = [], smallDisks = {}, blankDisks = 0 } = options
  const base = await baseTree(packages, kernel)
  const network = await chooseNetwork()
  const directory = await mkdtemp(join(tmpdir(), directoryPrefix))
  recordFootprint(directory, network.bridge)
  const hosts: Host[] = []
  const takeDownAll = (): void => takeDown({ directory, bridge: network.bridge })
  const callOff = atExit(takeDownAll)
  try {
    await createBridge(network)
    const identityFile = join(directory, 'id_ed25519')
    await createKey(identityFile)
    const addresses = options.hosts.map((name, index) => ({ name, address: network.hostAddress(index) }))
    const shared = {
      base,
      publicKey: await readFile(`${identityFile}.pub`, 'utf8'),
      hostsFile: hostsFile([{ name: 'localhost', address: '127.0.0.1' }, ...addresses]),
    }
    const knownHostsFile = join(directory, 'known_hosts')
    const { bootTimeoutMs = kernel === 'own' ? 600_000 : 120_000 } = options
    for (const { name, address } of addresses) {
      const own = { name, address, directory: join(directory, name) }
      const root = await createTree({ ...shared, ...own, smallDisks: smallDisks[name] ?? [] })
      await appendFile(knownHostsFile, await knownHostsLine(root, address))
      const logFile = join(own.directory, 'console.log')
      const machine = { ...own, logFile, bridge: network.bridge, bootTimeoutMs }
      if (kernel === 'own') {
        const virtual = { ...machine, base, blankDisks, identityFile, knownHostsFile }
        await createDisks(root, virtual)
        hosts.push(createVirtualHost(virtual))
      } else hosts.push(createHost({ ...machine, root }))
    }
    await allDone(hosts.map((host) => host.boot()))
    return openLab({ network, hosts, identityFile, knownHostsFile, callOff, takeDownAll })
  } catch (error) {
    callOff()
    takeDownAll()
    throw error
  }
}

interface Parts {
  readonly network: Network
  readonly hosts: readonly Host[]
  readonly identityFile: string
  readonly knownHostsFile: string
  readonly callOff: () => void
  readonly takeDownAll: () => void
}

function openLab({ network, hosts, identityFile, knownHostsFile, callOff, takeDownAll }: Parts): Lab {
  const servers: FileServer[] = []
  let closed = false
  const host = (name: string): Host => {
    const found = hosts.find((candidate) => candidate.name === name)
    if (found === undefined) throw new Error(`the lab has no host ${name}`)
    return found
  }
  const rootOf = (name: string): string => {
    const { root } = host(name)
    if (root === undefined) throw new Error(`the files of ${name} are on a disk of its own`)
    return root
  }
  return {
    bridgeAddress: network.address,
    bridge: network.bridge,
    hosts: hosts.map(({ name, address }) => ({ name, address })),
    identityFile,
    knownHostsFile,
    address: (name) => host(name).address,
    run: async (name, command, timeoutMs) => host(name).run(command, timeoutMs),
    path: (name, path) => join(rootOf(name), path),
    stop: async (name) => host(name).halt('orderly'),
    cutPower: async (name) => host(name).halt('abruptly'),
    start: async (name) => host(name).boot(),
    startAndCut: async (name, afterMs) => host(name).bootAndCut(afterMs),
    replaceHostKey: async (name) => {
      const { address, isUp, run } = host(name)
      const root = rootOf(name)
      await createHostKey(root)
      if (isUp()) {
        const { exitCode, stderr } = await run('systemctl restart ssh.service')
        if (exitCode !== 0) throw new Error(`${name}: sshd did not restart\n${stderr}`)
      }
      return knownHostsLine(root, address)
    },
    serve: async (directory) => {
      const server = await serveFiles(directory, network.address)
      servers.push(server)
      return server.url
    },
    close: async () => {
      if (closed) return
      closed = true
      for (const server of servers) await server.close()
      callOff()
      takeDownAll()
    },
  }
}

function refuseImpossible({ hosts, kernel = 'shared', smallDisks = {}, blankDisks = 0 }: LabOptions): void {
  const unavailable = labUnavailable() ?? (kernel === 'own' ? ownKernelUnavailable() : undefined)
  if (unavailable !== undefined) throw new Error(`no lab: ${unavailable}`)
  if (hosts.length === 0 || hosts.length > maxHosts) throw new Error(`a lab has 1 to ${maxHosts} hosts`)
  if (new Set(hosts).size !== hosts.length) throw new Error(`a host is named twice in ${hosts.join(', ')}`)
  const unfit = hosts.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))
  if (unfit.length > 0) throw new Error(`not a host name: ${unfit.join(', ')}`)
  const unknown = Object.keys(smallDisks).filter((name) => !hosts.includes(name))
  if (unknown.length > 0) throw new Error(`small disks for hosts that the lab has not: ${unknown.join(', ')}`)
  if (kernel === 'own' ? Object.keys(smallDisks).length > 0 : blankDisks > 0)
    throw new Error(`such disks are not for hosts whose kernel is ${kernel}`)
}

function hostsFile(entries: readonly LabHost[]): string {
  return entries.map(({ name, address }) => `${address} ${name}\n`).join('')
}

/** Waits for the end of all, so that nothing still starts while a failure is cleaned up, then throws the failures. */
async function allDone(acts: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(acts)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  )
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
}

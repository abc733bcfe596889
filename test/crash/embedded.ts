import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import type { EmbeddedEvent } from '../../src/embedded/host-server.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { type CrashHost, converge, outcome } from './hosts.ts'
import { actsPath, before, distribution } from './scenario.ts'

/** Embedded hosts that have all been through the same past: the scenario's state before its change. */
export interface EmbeddedFleet {
  readonly hosts: readonly CrashHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Breaks all connections of a host. */
  cut(host: string): void
  close(): Promise<void>
}

/** Makes the past once, so that every host can begin as a copy of one that has it. */
export async function makePast(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-crash-')))
  const embedded = await startEmbeddedHosts({ names: ['past'], directory })
  const [host] = embedded.hosts
  if (host === undefined) throw new Error('there is no host')
  plantDistribution(host.root)
  const { identityFile, knownHostsFile } = embedded
  const { report } = await converge({
    hosts: [host],
    identityFile,
    knownHostsFile,
    resources: before(),
    library: hostLibrary(),
  })
  await embedded.close()
  if (report.hosts[0]?.status !== 'changed') throw new Error(outcome(report.hosts[0]))
  // Pipes cannot be copied.
  rmSync(join(host.root, 'var/lib/converge/run'), { recursive: true })
  return directory
}

/** Puts into a root tree what the distribution brought. */
export function plantDistribution(root: string): void {
  mkdirSync(join(root, 'etc/crash'))
  for (const [path, content] of Object.entries(distribution)) writeFileSync(join(root, path), content)
  appendFileSync(join(root, 'etc/group'), 'users:x:100:\n')
}

export async function startCopies(
  past: string,
  names: readonly string[],
  onEvent: (host: string, event: EmbeddedEvent) => void = () => {},
): Promise<EmbeddedFleet> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-crash-')))
  for (const name of names) copyHost(join(past, 'past'), join(directory, name))
  const embedded = await startEmbeddedHosts({ names, directory, onEvent })
  return {
    hosts: embedded.hosts,
    identityFile: embedded.identityFile,
    knownHostsFile: embedded.knownHostsFile,
    cut: (name) => embedded.hosts.find((host) => host.name === name)?.cut(),
    async close() {
      await embedded.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function copyHost(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  // The stand-in for systemd remembers the checksums of unit files under their paths on this machine.
  const memory = join(to, 'run/embedded-systemd')
  for (const name of readdirSync(memory)) {
    const file = join(memory, name)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to))
  }
  rmSync(join(to, 'var/log/embedded-systemctl.log'))
}

/** What was done to units and by commands on an embedded host, in the scenario's words. */
export function embeddedActs(root: string): readonly string[] {
  return [...linesIn(root, '/var/log/embedded-systemctl.log'), ...linesIn(root, actsPath)].map((line) =>
    line.replace(/\.service$/, ''),
  )
}

function linesIn(root: string, path: string): readonly string[] {
  try {
    return readFileSync(join(root, path), 'utf8').trimEnd().split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

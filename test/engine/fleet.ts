import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type Test } from 'uvu'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { compile } from '../../src/compile/compile.ts'
import { type EmbeddedHosts, startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { openSession, type Session } from '../../src/engine/session.ts'
import type { SessionInput } from '../../src/engine/session-context.ts'
import type { Host } from '../../src/model/cluster.ts'
import type { Change, Plan } from '../../src/model/plan.ts'
import type { Report } from '../../src/model/report.ts'
import type { Resource } from '../../src/model/resource.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { createTransports } from '../../src/transports/index.ts'
import { sampleCluster, sampleHost } from '../samples/host.ts'

/** Embedded hosts, and sessions with them for whatever resources a test wants on all of them. */
export interface Fleet {
  readonly names: readonly string[]
  session(
    resources: readonly Resource[],
    name?: string,
    hosts?: readonly string[],
    more?: Partial<SessionInput>,
  ): Session
  /** One whole run: plan and apply. */
  converge(
    resources: readonly Resource[],
    name?: string,
  ): Promise<{ readonly plan: Plan; readonly report: Report }>
  /** Breaks all connections of a host. */
  cut(host: string): void
  path(host: string, path: string): string
  read(host: string, path: string): string | undefined
  /** What the stand-in for systemd was asked on a host, since the last time. */
  actions(host: string): readonly string[]
  close(): Promise<void>
}

/** A suite whose tests each get a fresh fleet of these hosts. */
export function fleetSuite(name: string, hosts: readonly string[]): Test<{ fleet: Fleet }> {
  const made = suite<{ fleet: Fleet }>(name)
  made.before.each(async (context) => {
    context.fleet = await startFleet(hosts)
  })
  made.after.each(({ fleet }) => fleet.close())
  return made
}

export async function startFleet(names: readonly string[]): Promise<Fleet> {
  const directory = mkdtempSync(join(tmpdir(), 'converge-fleet-'))
  const embedded = await startEmbeddedHosts({ names, directory })
  const told = new Map<string, number>()
  const embeddedHost = (name: string): EmbeddedHosts['hosts'][number] => {
    const host = embedded.hosts.find((candidate) => candidate.name === name)
    if (host === undefined) throw new Error(`there is no host ${name}`)
    return host
  }
  const fleet: Fleet = {
    names,
    session(resources, name = 'fleet', only = names, more = {}) {
      const hosts = embedded.hosts.filter((host) => only.includes(host.name))
      const cluster = sampleCluster(
        hosts.map((host) => hostOf(host, embedded)),
        name,
      )
      const recipe = {
        recipe: { name: 'all', attributes: { type: 'object' }, needs: [], resources: () => resources },
        read: () => '',
      }
      const catalog = compile({ cluster, recipes: { all: recipe }, kinds: resourceKinds, readFile: () => '' })
      return openSession({
        localCommands: true,
        cluster,
        catalog,
        transports: createTransports(),
        library: hostLibrary(),
        parallel: 8,
        ...more,
      })
    },
    async converge(resources, name) {
      const session = fleet.session(resources, name)
      try {
        const plan = await session.plan()
        return { plan, report: await session.apply(plan) }
      } finally {
        await session.close()
      }
    },
    cut: (host) => embeddedHost(host).cut(),
    path: (host, path) => join(embeddedHost(host).root, path),
    read(host, path) {
      const file = join(embeddedHost(host).root, path)
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined
    },
    actions(host) {
      const lines = (fleet.read(host, '/var/log/embedded-systemctl.log') ?? '')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('reset-failed '))
      const from = told.get(host) ?? 0
      told.set(host, lines.length)
      return lines.slice(from)
    },
    async close() {
      await embedded.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return fleet
}

function hostOf({ name, address, port }: EmbeddedHosts['hosts'][number], embedded: EmbeddedHosts): Host {
  const runList = [{ recipe: 'all', layer: `host ${name}` }]
  return sampleHost(name, {
    address,
    target: {
      transport: 'ssh',
      address,
      ssh: {
        user: 'root',
        port,
        identityFile: embedded.identityFile,
        knownHostsFile: embedded.knownHostsFile,
      },
    },
    runList,
    declarations: () => runList,
  })
}

/** The changes of one host of a plan. */
export function changesOf(plan: Plan, host: string): readonly Change[] {
  const planned = plan.hosts.find((candidate) => candidate.host === host)
  if (planned === undefined) throw new Error(`${host} is not in the plan`)
  if (planned.status === 'failed') throw planned.error
  return planned.status === 'held' ? [] : planned.changes
}

/** Changes in few words: `write /etc/motd`, `restart app.service`. */
export function words(changes: readonly Change[]): readonly string[] {
  return changes.map(({ operation }) => {
    if (operation.op === 'unit') return `${operation.action} ${operation.unit}`
    return 'path' in operation ? `${operation.op} ${operation.path}` : operation.op
  })
}

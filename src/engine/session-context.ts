import pLimit, { type LimitFunction } from 'p-limit'
import type { Cluster, Host } from '../model/cluster.ts'
import { ConvergeError, InternalError, Interrupted } from '../model/errors.ts'
import type { Facts } from '../model/facts.ts'
import type { Member } from '../model/manifest.ts'
import type { Progress } from '../model/report.ts'
import type { Catalog, CatalogEntry, HostCatalog } from '../model/resource.ts'
import { createStop, type Stop, stopAlsoAt } from '../model/stop.ts'
import type { Connection, ConnectOptions, ExecResult } from '../model/transport.ts'
import { membersOf } from '../plan/rollout/members.ts'
import type { HostLibrary } from '../shell/library.ts'
import { knownMembers } from '../shell/probes/known-members.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Connections, openConnections } from './connections.ts'
import { type HostPrograms, inspectHost } from './inspect/inspect-host.ts'
import { waitForLock } from './inspect/wait-for-lock.ts'

export interface SessionInput {
  readonly cluster: Cluster
  readonly catalog: Catalog
  /** The hosts to work on, by name; all by default. */
  readonly selected?: readonly string[]
  readonly transports: { connect(options: ConnectOptions): Promise<Connection>; close(): Promise<void> }
  readonly library: HostLibrary
  /** How many hosts are worked on at once. */
  readonly parallel: number
  /** How long to wait for another apply on a host; 0 by default. */
  readonly lockWaitSeconds?: number
  /** Whether commands of the spec may run on this machine to read the state of a host that is a tree here. */
  readonly localCommands: boolean
  readonly sudoPassword?: (host: string) => Promise<string | undefined>
  readonly onProgress?: (event: Progress) => void
  /** How the user stops the work. */
  readonly stop?: Stop
  readonly clock?: Clock
}

/** What the functions of a session share. */
export interface SessionContext {
  readonly cluster: string
  readonly catalog: Catalog
  readonly members: readonly Member[]
  readonly selected: readonly string[]
  readonly hosts: ReadonlyMap<string, Host>
  readonly connections: Connections
  readonly programs: HostPrograms
  readonly limit: LimitFunction
  readonly onProgress: (event: Progress) => void
  host(name: string): Host
  hostCatalog(name: string): HostCatalog
  /** Also aborted when the session is closed. */
  readonly stop: Stop
  readonly clock: Clock
  /** Does the work over the host's connection, until the user stops it. */
  use<T>(name: string, work: (connection: Connection) => Promise<T>): Promise<T>
  /** `answer` is what the host has answered to this question already. */
  inspect(name: string, signal: AbortSignal, answer?: ExecResult): Promise<Facts>
  /** Does the work on every selected host, `parallel` at once. A failure is the host's answer. Throws after a stop. */
  onEach<T>(work: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T | ConvergeError>>
  close(): Promise<void>
}

export function openContext(input: SessionInput): SessionContext {
  const { cluster, catalog, library, onProgress = () => {}, clock = systemClock } = input
  const hosts = new Map(cluster.hosts.map((host) => [host.name, host]))
  const catalogs = new Map(
    catalog.hosts.map((one) => [
      one.host,
      hosts.get(one.host)?.target.transport === 'ssh' ? one : inTree(one),
    ]),
  )
  const selected = input.selected ?? cluster.hosts.map(({ name }) => name)
  const members = membersOf(cluster)
  const programs = { cluster: cluster.name, library, members: knownMembers(members) }
  const connections = openConnections(input, hosts, onProgress)
  const limit = pLimit(input.parallel)
  const closed = new AbortController()
  const stop = stopAlsoAt(closed.signal, input.stop ?? createStop(clock.now).stop)

  const context: SessionContext = {
    cluster: cluster.name,
    catalog,
    members,
    selected,
    hosts,
    connections,
    programs,
    limit,
    onProgress,
    host: (name) => known(hosts, name),
    hostCatalog: (name) => known(catalogs, name),
    stop,
    clock,
    use: (name, work) => connections.use(name, stop.stopping, work),
    async inspect(name, signal, answer) {
      let early = answer
      if (!input.localCommands) refuseCommandsHere(context.host(name), context.hostCatalog(name))
      const facts = await waitForLock({ waitSeconds: input.lockWaitSeconds ?? 0, clock, signal }, () =>
        connections.use(name, signal, (connection) => {
          const answered = early
          early = undefined
          return inspectHost(connection, context.host(name), context.hostCatalog(name), programs, answered)
        }),
      )
      onProgress({ event: 'inspected', host: name })
      return facts
    },
    async onEach<T>(work: (name: string) => Promise<T>) {
      const answer = async (name: string): Promise<[string, T | ConvergeError]> => {
        stop.stopping.throwIfAborted()
        return [name, await work(name).catch(worldFailure)]
      }
      return new Map(await Promise.all(selected.map((name) => limit(() => answer(name)))))
    },
    async close() {
      closed.abort(new Interrupted())
      await connections.close()
      await input.transports.close()
    },
  }
  return context
}

/** What only a running host does is not asked for either. */
function inTree({ entries, ...host }: HostCatalog): HostCatalog {
  const asked = entries.map((entry): CatalogEntry => {
    const { resource } = entry
    return resource.desired.live === true ? { ...entry, resource: { ...resource, probes: [] } } : entry
  })
  return { ...host, entries: asked }
}

/** The guards and health checks of a root tree on this machine are programs that a spec has this machine run. */
function refuseCommandsHere({ name, target }: Host, { entries }: HostCatalog): void {
  if (target.transport === 'ssh') return
  const asking = entries.find(({ resource }) => resource.probes.some(({ probe }) => probe === 'check'))
  if (asking === undefined) return
  const message = `a guard or check of ${asking.resource.id} would run on this machine`
  throw new ConvergeError('local-command', message, {
    host: name,
    step: 'inspect',
    remedy: 'If you trust the spec, pass --allow-local.',
  })
}

/** Returns a ConvergeError as an answer; throws any other error. */
export function worldFailure(error: unknown): ConvergeError {
  if (error instanceof ConvergeError) return error
  throw error
}

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new InternalError(`unknown host ${name}`)
  return value
}

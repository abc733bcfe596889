import pLimit from 'p-limit'
import type { Cluster, Host } from '../model/cluster.ts'
import { ConvergeError, InternalError } from '../model/errors.ts'
import type { Facts } from '../model/facts.ts'
import type { Plan } from '../model/plan.ts'
import type { HostReport, Progress, Report } from '../model/report.ts'
import type { Catalog, HostCatalog } from '../model/resource.ts'
import type { Connection, ConnectOptions } from '../model/transport.ts'
import { planCluster } from '../plan/plan-cluster.ts'
import { planHost } from '../plan/plan-host.ts'
import type { HostLibrary } from '../shell/library.ts'
import { applyHost } from './apply-host.ts'
import { openConnections } from './connections.ts'
import { inspectHost } from './inspect-host.ts'
import { rollOut } from './roll-out.ts'

export interface SessionInput {
  readonly cluster: Cluster
  readonly catalog: Catalog
  /** The hosts to contact, by name; all of the cluster's unless given. */
  readonly selected?: readonly string[]
  readonly transports: { connect(options: ConnectOptions): Promise<Connection>; close(): Promise<void> }
  readonly library: HostLibrary
  /** How many hosts are worked on at once. */
  readonly parallel: number
  readonly sudoPassword?: (host: string) => Promise<string | undefined>
  readonly onProgress?: (event: Progress) => void
}

/** One conversation with the hosts of a cluster: connections are opened once and kept from plan to apply. */
export interface Session {
  /** Inspects the selected hosts and plans; changes nothing. A host that cannot be asked is in the plan as failed. */
  plan(): Promise<Plan>
  /** Performs the plan, wave after wave, and verifies each host; a host's failure is in the report, never thrown. */
  apply(plan: Plan): Promise<Report>
  close(): Promise<void>
}

export function openSession(input: SessionInput): Session {
  const { cluster, catalog, library, parallel, onProgress = () => {} } = input
  const hosts = new Map(cluster.hosts.map((host) => [host.name, host]))
  const catalogs = new Map(catalog.hosts.map((hostCatalog) => [hostCatalog.host, hostCatalog]))
  const selected = input.selected ?? cluster.hosts.map(({ name }) => name)
  const programs = { cluster: cluster.name, library }
  const connections = openConnections(input, hosts, onProgress)
  const limit = pLimit(parallel)

  const inspect = async (name: string): Promise<Facts> =>
    inspectHost(await connections.get(name), known(hosts, name), known(catalogs, name), programs)

  const inspected = async (name: string): Promise<[string, Facts | ConvergeError]> => {
    try {
      const facts = await inspect(name)
      onProgress({ event: 'inspected', host: name })
      return [name, facts]
    } catch (error) {
      return [name, worldFailure(error)]
    }
  }

  const apply = async (plan: Plan, name: string): Promise<HostReport> => {
    const planned = plan.hosts.find(({ host }) => host === name)
    if (planned?.status !== 'planned') throw new InternalError(`${name} has no plan to apply`)
    const host = known(hosts, name)
    const report = await applyHost({ planned, host, connections, programs, onProgress })
    return report.status === 'changed' ? verify(report, () => inspect(name), known(catalogs, name)) : report
  }

  return {
    async plan() {
      onProgress({ event: 'phase', phase: 'inspect', hosts: selected })
      const facts = await Promise.all(selected.map((name) => limit(() => inspected(name))))
      return planCluster(catalog, new Map(facts))
    },
    async apply(plan) {
      const started = performance.now()
      onProgress({ event: 'phase', phase: 'apply', hosts: plan.waves.flatMap((wave) => wave.hosts) })
      const reports = await rollOut({
        plan,
        limit,
        connections,
        programs,
        hosts,
        onProgress,
        apply: (name) => apply(plan, name),
      })
      return { cluster: cluster.name, hosts: reports, durationMs: Math.round(performance.now() - started) }
    },
    async close() {
      await connections.close()
      await input.transports.close()
    },
  }
}

/** A fresh inspect after the apply: what still differs is told, and never repaired by a plan that nobody saw. */
async function verify(
  report: Extract<HostReport, { status: 'changed' }>,
  inspect: () => Promise<Facts>,
  catalog: HostCatalog,
): Promise<HostReport> {
  const { host, results } = report
  try {
    const remaining = planHost(catalog, await inspect(), new Set()).changes
    return remaining.length === 0 ? report : { host, status: 'unsettled', results, remaining }
  } catch (error) {
    return { host, status: 'failed', error: worldFailure(error), results, notReached: [], pending: [] }
  }
}

function worldFailure(error: unknown): ConvergeError {
  if (error instanceof ConvergeError) return error
  throw error
}

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new InternalError(`unknown host ${name}`)
  return value
}

export type { Host }

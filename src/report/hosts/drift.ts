import type { Facts } from '../../model/facts.ts'
import type { HostPlan, Plan, PlannedHost } from '../../model/plan.ts'
import { closed, type Data } from '../../model/schema.ts'
import { counts } from '../json/schema.ts'
import { countReaches, reachCounts } from '../text/reaches.ts'

/** What was changed on the hosts by hand since the last apply. */
export interface Drift {
  /** The plan without everything else: only changes that undo a hand edit. */
  readonly plan: Plan
  readonly summary: DriftSummary
}

export const DriftSummary = closed(
  'Counts.',
  counts({
    hosts: 'Hosts.',
    drifted: 'Hosts with drift.',
    resources: 'Drifted resources on all hosts.',
    neverApplied: 'Hosts on which nothing was ever applied.',
    ...reachCounts,
  }),
)
export type DriftSummary = Data<typeof DriftSummary>

/** Keeps only the changes of a plan that the hosts caused. */
export function driftOf(plan: Plan): Drift {
  const hosts = plan.hosts.map((host) => (host.status === 'planned' ? onlyDrift(host) : host))
  const counts = hosts.map(driftedResources).map((resources) => resources.length)
  return {
    plan: { ...plan, hosts, waves: [] },
    summary: {
      hosts: hosts.length,
      drifted: counts.filter((number) => number > 0).length,
      resources: counts.reduce((sum, number) => sum + number, 0),
      neverApplied: hosts.filter((host) => host.status !== 'failed' && !wasApplied(host.facts)).length,
      ...countReaches(hosts.flatMap((host) => (host.status === 'failed' ? [host.error] : []))),
    },
  }
}

/** The resources that were changed on the host, each once. */
export function driftedResources(host: HostPlan): readonly string[] {
  if (host.status !== 'planned') return []
  return [...new Set(onlyDrift(host).changes.map(({ resource }) => resource))]
}

/** Whether this cluster's converge has ever applied anything to the host. */
export function wasApplied({ state }: Facts): boolean {
  return state !== undefined && state.generation > 0
}

function onlyDrift(host: PlannedHost) {
  const changes = host.changes.filter(
    ({ cause }) => cause === 'host changed' || cause === 'spec and host changed',
  )
  return { ...host, changes, notes: [] }
}

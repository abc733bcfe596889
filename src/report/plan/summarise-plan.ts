import type { Operation } from '../../model/operation.ts'
import type { Plan } from '../../model/plan.ts'
import { closed, type Data } from '../../model/schema.ts'
import { counts } from '../json/schema.ts'
import { countReaches, reachCounts, renderReaches } from '../text/reaches.ts'
import type { Style } from '../text/style.ts'
import { commaList, count } from '../text/words.ts'

export const PlanSummary = closed(
  'Counts.',
  counts({
    hosts: 'Hosts in the plan.',
    toChange: 'Hosts with changes.',
    unchanged: 'Hosts without changes that are not held.',
    held: 'Hosts that a rollback holds.',
    ...reachCounts,
    changes: 'Changes on all hosts.',
    restarts: 'How many of the changes restart a unit.',
  }),
)
export type PlanSummary = Data<typeof PlanSummary>

/** Counts hosts, changes and restarts of a plan. */
export function summarisePlan(plan: Plan): PlanSummary {
  const planned = plan.hosts.filter((host) => host.status === 'planned')
  const changes = planned.flatMap((host) => host.changes)
  const toChange = planned.filter((host) => host.changes.length > 0).length
  const held = plan.hosts.filter((host) => host.status === 'held').length
  return {
    hosts: plan.hosts.length,
    toChange,
    unchanged: planned.length - toChange,
    held,
    ...countReaches(plan.hosts.flatMap((host) => (host.status === 'failed' ? [host.error] : []))),
    changes: changes.length,
    restarts: changes.filter((change) => isRestart(change.operation)).length,
  }
}

/** `3 hosts: 2 to change, 1 unchanged; 5 changes, 2 restarts` */
export function renderPlanSummary(summary: PlanSummary, style: Style): string {
  const hosts = [
    summary.toChange > 0 && `${summary.toChange} to change`,
    summary.unchanged > 0 && `${summary.unchanged} unchanged`,
    summary.held > 0 && `${summary.held} held`,
    ...renderReaches(summary, style),
  ]
  const { changes, restarts } = summary
  const all = `${count(summary.hosts, 'host')}: ${commaList(hosts)}`
  return changes === 0
    ? all
    : `${all}; ${commaList([count(changes, 'change'), restarts > 0 && count(restarts, 'restart')])}`
}

export function isRestart(operation: Operation): boolean {
  return operation.op === 'unit' && operation.action === 'restart'
}

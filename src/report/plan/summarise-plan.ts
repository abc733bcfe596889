import type { Operation } from '../../model/operation.ts'
import type { Plan } from '../../model/plan.ts'
import { countReaches, type ReachCounts, renderReaches } from '../text/reaches.ts'
import type { Style } from '../text/style.ts'
import { count } from '../text/words.ts'

/** What a plan comes to. `restarts` counts those of the changes that restart a unit. */
export interface PlanSummary extends ReachCounts {
  readonly hosts: number
  readonly toChange: number
  readonly unchanged: number
  /** Left alone after a rollback. */
  readonly held: number
  readonly changes: number
  readonly restarts: number
}

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
  ].filter((part) => part !== false)
  const changes =
    summary.changes === 0
      ? ''
      : `; ${count(summary.changes, 'change')}${summary.restarts === 0 ? '' : `, ${count(summary.restarts, 'restart')}`}`
  return `${count(summary.hosts, 'host')}: ${hosts.join(', ')}${changes}`
}

export function isRestart(operation: Operation): boolean {
  return operation.op === 'unit' && operation.action === 'restart'
}

import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import type { Operation } from '../../model/operation.ts'
import type { Plan } from '../../model/plan.ts'
import { closed, type Data } from '../../model/schema.ts'
import { counts } from '../json/schema.ts'
import { countReaches, reachCounts, renderReaches } from '../text/reaches.ts'
import type { Style } from '../text/style.ts'
import { commaList, count } from '../text/words.ts'

export const LeftOutSummary = closed(
  'What --only leaves out on all hosts.',
  counts({
    resources: 'Resources, with those to be pruned.',
    differ: 'How many of them differ from the spec, or are to be pruned.',
  }),
)
export type LeftOutSummary = Data<typeof LeftOutSummary>

export const PlanSummary = closed('Counts.', {
  ...counts({
    hosts: 'Hosts in the plan.',
    toChange: 'Hosts with changes.',
    unchanged: 'Hosts without changes that are not held.',
    held: 'Hosts that a rollback holds.',
    ...reachCounts,
    changes: 'Changes on all hosts.',
    restarts: 'How many of the changes restart a unit.',
  }),
  leftOut: Type.Optional(LeftOutSummary),
})
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
    ...given({ leftOut: summariseLeftOut(plan) }),
  }
}

/** What `--only` leaves out on all hosts; undefined if nothing is. */
export function summariseLeftOut({ hosts, intent }: Plan): LeftOutSummary | undefined {
  if (intent.kind !== 'apply' || intent.only === undefined) return undefined
  const all = hosts.flatMap((host) => (host.status === 'planned' ? (host.leftOut ?? []) : []))
  const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0)
  return {
    resources: sum(all.map(({ resources }) => resources)),
    differ: sum(all.map(({ differ }) => differ.length)),
  }
}

/** `left out by --only: 12 resources, of which 3 differ` */
function leftOutWords({ resources, differ }: LeftOutSummary): string {
  const words = `left out by --only: ${count(resources, 'resource')}`
  return resources === 0
    ? words
    : `${words}, of which ${differ === 0 ? 'none differs' : `${differ} ${differ === 1 ? 'differs' : 'differ'}`}`
}

/** `3 hosts: 2 to change, 1 unchanged; 5 changes, 2 restarts` */
export function renderPlanSummary(summary: PlanSummary, style: Style): string {
  const hosts = [
    summary.toChange > 0 && `${summary.toChange} to change`,
    summary.unchanged > 0 && `${summary.unchanged} unchanged`,
    summary.held > 0 && `${summary.held} held`,
    ...renderReaches(summary, style),
  ]
  const { changes, restarts, leftOut } = summary
  const all = [
    `${count(summary.hosts, 'host')}: ${commaList(hosts)}`,
    ...(changes === 0
      ? []
      : [commaList([count(changes, 'change'), restarts > 0 && count(restarts, 'restart')])]),
    ...(leftOut === undefined ? [] : [leftOutWords(leftOut)]),
  ]
  return all.join('; ')
}

export function isRestart(operation: Operation): boolean {
  return operation.op === 'unit' && operation.action === 'restart'
}

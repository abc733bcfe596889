import { ConvergeError } from '../../model/errors.ts'
import {
  type EtcdRestore,
  hasRestored,
  membersQuestion,
  readRestore,
  unfinishedQuestion,
} from '../../model/etcd-restore.ts'
import { type Facts, isStarted } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { HostPlan, Wave } from '../../model/plan.ts'
import type { Groups } from './groups.ts'
import { type Inspection, isFacts } from './members.ts'
import type { SharedAnswers } from './shared-answers.ts'

/** A restore, by what the hosts have done of it. */
export interface Restoring {
  /** With the id under which it has begun. */
  readonly restore: EtcdRestore
  /** Why no host may begin. */
  readonly refusal?: { readonly message: string; readonly remedy: string }
  /** Members that have begun, and have lost their data since: they join later, because they may have voted. */
  readonly lost: ReadonlySet<string>
}

/** A restore that was killed goes on if it is of the same snapshot, for the same members; another one begins on all of them. */
export function restoringOf(
  asked: EtcdRestore,
  inspection: Inspection,
  shared: SharedAnswers,
  groups: Groups,
): Restoring {
  const { group } = asked
  const facts = (host: string): Facts | undefined => {
    const found = inspection.get(host)
    return isFacts(found) ? found : undefined
  }
  const unfinished = (host: string) => readRestore(facts(host)?.answers[unfinishedQuestion(group)])
  const begun = asked.hosts.flatMap((host) => unfinished(host) ?? [])
  const same = begun.find(
    ({ sha256, cluster }) =>
      sha256 === asked.sha256 &&
      cluster
        .split(',')
        .map((member) => member.split('=', 1)[0])
        .toSorted()
        .join() === asked.hosts.toSorted().join(),
  )
  const restore = { ...asked, id: same?.id ?? asked.id }
  const hasDone = (host: string): boolean => hasRestored(restore, facts(host)?.answers ?? {})
  // All were prepared and stopped when the first one began.
  const hasBegun = same !== undefined && asked.hosts.some(hasDone)
  const lost = hasBegun
    ? asked.hosts.filter((host) => !hasDone(host) && unfinished(host)?.id !== restore.id)
    : []
  const refusal = refusalOf(asked, { inspection, shared, groups, hasBegun })
  return { restore, lost: new Set(lost), ...given({ refusal }) }
}

interface Seen {
  readonly inspection: Inspection
  readonly shared: SharedAnswers
  readonly groups: Groups
  readonly hasBegun: boolean
}

function refusalOf(
  { group, hosts, evenWithQuorum }: EtcdRestore,
  { inspection, shared, groups, hasBegun }: Seen,
): Restoring['refusal'] {
  const running = [...(groups.get(group) ?? [])].flatMap(([host, { unit }]) => {
    const found = inspection.get(host)
    return !hosts.includes(host) && isFacts(found) && isStarted(found.units[unit]) ? [host] : []
  })
  if (running.length > 0)
    return {
      message: `etcd runs on ${running.join(', ')}, which ${running.length === 1 ? 'is' : 'are'} left out: there would be two clusters of ${group}`,
      remedy: 'Stop etcd there, or do not leave it out.',
    }
  const alive = shared.get(membersQuestion(group))
  if (alive === undefined || hasBegun || evenWithQuorum) return undefined
  return {
    message: `${group} has its quorum: ${alive.from} answers`,
    remedy:
      'Nothing needs to be restored: `converge` replaces members that are lost. To go back to the snapshot, and lose all that was written since, pass --even-with-quorum.',
  }
}

/** Those that are left out are only looked at. */
export function takesPart(host: string, restore: EtcdRestore | undefined): boolean {
  return restore?.hosts.includes(host) ?? true
}

/** A member that begins is planned as it will be by then: down. */
export function asStopped(facts: Facts, host: string, { restore }: Restoring, groups: Groups): Facts {
  const unit = groups.get(restore.group)?.get(host)?.unit ?? ''
  const found = facts.units[unit]
  if (found === undefined || hasRestored(restore, facts.answers)) return facts
  return { ...facts, units: { ...facts.units, [unit]: { ...found, active: 'inactive', isCrashing: false } } }
}

/** All of the members are restored, or none. */
export function allOrNone(
  hosts: readonly HostPlan[],
  { restore: { group } }: Restoring,
): readonly HostPlan[] {
  const out = hosts.filter(({ status }) => status !== 'planned')
  if (out.length === 0) return hosts
  const names = out.map(({ host }) => host).join(', ')
  return hosts.map((plan): HostPlan => {
    if (plan.status !== 'planned') return plan
    const error = new ConvergeError(
      'bootstrap-refused',
      `${group} cannot be restored: ${names} cannot take part`,
      {
        host: plan.host,
        step: 'plan',
        remedy:
          'All of its members are restored, or none. If a host will never come back with the data that it has, leave it out with --limit.',
      },
    )
    return { host: plan.host, status: 'failed', error }
  })
}

/** The hosts wait for each other. */
export function restoreWaves(hosts: readonly HostPlan[]): readonly Wave[] {
  const names = hosts.flatMap((plan) =>
    plan.status === 'planned' && plan.changes.length > 0 ? [plan.host] : [],
  )
  return names.length === 0 ? [] : [{ hosts: names, gates: [], bootstrap: names }]
}

/** What is lost by a restore, one sentence each. */
export function restoreConsents(
  hosts: readonly HostPlan[],
  { restore: { group, sha256, sizeBytes } }: Restoring,
  groups: Groups,
): readonly string[] {
  const begin = hosts.flatMap((plan) =>
    plan.status === 'planned' && plan.changes.some(({ operation: { op } }) => op === 'etcd-restore')
      ? [plan.host]
      : [],
  )
  if (begin.length === 0) return []
  const selected = new Set(hosts.map(({ host }) => host))
  const left = [...(groups.get(group)?.keys() ?? [])].filter((host) => !selected.has(host))
  return [
    `${group} will begin anew on ${begin.join(', ')} from the snapshot ${sha256.slice(0, 12)} (${sizeBytes} B), as a cluster with another id: what was written after the snapshot is lost`,
    ...(left.length === 0
      ? []
      : [
          `${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} left out: etcd must never start there again with the data of the old cluster before converge has run there`,
        ]),
  ]
}

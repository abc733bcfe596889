import { given } from '../../model/given.ts'
import type { HostPlan, Wave } from '../../model/plan.ts'
import type { Regroup } from '../../model/relations.ts'
import { type GroupMember, startedGroups } from '../disruption.ts'
import { allowance, type Groups } from './groups.ts'

/** What a host does to the members of groups. */
interface Work {
  readonly host: string
  /** Groups of which it stops or restarts a member. */
  readonly disrupts: readonly string[]
  /** Groups of which it starts a member that is down. */
  readonly starts: readonly string[]
  /** Groups of which it changes who is a member, and when. */
  readonly regroups: readonly Regroup[]
}

/**
 * Spreads hosts over waves, so that a group never has more members down than it allows. Members that are down start
 * first, in a wave in which no other member of their group goes down; then hosts change who is a member, one at a time. All
 * other hosts are in the first wave.
 */
export function planWaves(
  hosts: readonly HostPlan[],
  groups: Groups,
  all: readonly HostPlan[] = hosts,
): readonly Wave[] {
  const works = hosts.flatMap((plan) => workOf(plan, groups))
  const joining = all.flatMap((plan) => workOf(plan, groups)).filter(joins)
  const waves: Work[][] = []
  for (const work of works.toSorted((a, b) => turnOf(a) - turnOf(b))) {
    const index = firstWaveFor(work, waves, groups)
    waves[index] = [...(waves[index] ?? []), work]
  }
  return waves.map((wave, index) => {
    const inOrder = works.filter((work) => wave.includes(work))
    // Those that join later are no members yet.
    const before = waves.slice(0, index).flat()
    const later = joining.filter((work) => !before.includes(work))
    return {
      hosts: inOrder.map(({ host }) => host),
      gates: [...new Set(inOrder.flatMap((work) => [...work.disrupts, ...regrouped(work)]))].map((group) =>
        gate(group, wave, membersNow(group, groups, { before, wave, later })),
      ),
      // They wait for each other, so `--parallel` must not delay any of them.
      bootstrap: inOrder.filter(({ starts }) => starts.length > 0).map(({ host }) => host),
    }
  })
}

/** By group: the hosts that start a member of it. */
export function startersOf(
  hosts: readonly HostPlan[],
  groups: Groups,
): ReadonlyMap<string, ReadonlySet<string>> {
  const starters = new Map<string, Set<string>>()
  for (const { host, starts } of hosts.flatMap((plan) => workOf(plan, groups)))
    for (const group of starts) starters.set(group, (starters.get(group) ?? new Set()).add(host))
  return starters
}

function workOf(plan: HostPlan, groups: Groups): readonly Work[] {
  if (plan.status !== 'planned' || plan.changes.length === 0) return []
  const { host, changes } = plan
  const own = [...groups.values()].flatMap((members) => members.get(host) ?? [])
  const disrupts = plan.disrupts.filter((group) => groups.has(group))
  const started = startedGroups(own, changes).filter((group) => !disrupts.includes(group))
  const regroups = changes.flatMap((change) => change.regroups ?? []).filter(({ group }) => groups.has(group))
  return [{ host, disrupts, starts: started, regroups }]
}

const turns = { start: 0, first: 1, move: 2, finish: 3, join: 4, last: 5, none: 6 } as const

/** A member that joins starts as well. */
function turnOf({ starts, regroups }: Work): number {
  const own = regroups.map(({ turn }) => turns[turn])
  return own.length > 0 ? Math.min(...own) : starts.length > 0 ? turns.start : turns.none
}

function joins(work: Work): boolean {
  return [turns.finish, turns.join].some((turn) => turnOf(work) === turn)
}

function regrouped({ regroups }: Work): readonly string[] {
  return [...new Set(regroups.map(({ group }) => group))]
}

function concerns({ disrupts, starts, regroups }: Work, group: string): boolean {
  return (
    disrupts.includes(group) || starts.includes(group) || regroups.some((regroup) => regroup.group === group)
  )
}

/** Without those that join later, and without those that left the spec and have been removed. */
function membersNow(
  group: string,
  groups: Groups,
  { before, wave, later }: Readonly<Record<'before' | 'wave' | 'later', readonly Work[]>>,
): ReadonlyMap<string, GroupMember> {
  const joining = new Set(later.filter((work) => regrouped(work).includes(group)).map(({ host }) => host))
  const removes = (work: Work, turns: readonly Regroup['turn'][]): boolean =>
    work.regroups.some((regroup) => regroup.group === group && turns.includes(regroup.turn))
  // The dead are removed before anything else is done in their wave.
  const isRemoved =
    before.some((work) => removes(work, ['first', 'last'])) || wave.some((work) => removes(work, ['first']))
  return new Map(
    [...(groups.get(group) ?? [])].filter(
      ([host, { maxUnavailable }]) => !joining.has(host) && !(isRemoved && maxUnavailable === undefined),
    ),
  )
}

function firstWaveFor(own: Work, waves: readonly Work[][], groups: Groups): number {
  const { host, disrupts, starts } = own
  const going = (wave: readonly Work[], group: string): number =>
    wave.filter((work) => work.disrupts.includes(group)).length
  const isStarting = (wave: readonly Work[], group: string): boolean =>
    wave.some((work) => work.starts.includes(group))
  const domainOf = (group: string, host: string) => groups.get(group)?.get(host)?.domain?.value
  const isOneDomain = (group: string, host: string, wave: readonly Work[]): boolean =>
    wave.every(
      (work) => !work.disrupts.includes(group) || domainOf(group, work.host) === domainOf(group, host),
    )
  const fits = (wave: readonly Work[]): boolean =>
    disrupts.every(
      (group) =>
        going(wave, group) < allowance(groups.get(group) ?? new Map()) && isOneDomain(group, host, wave),
    ) &&
    starts.every((group) => going(wave, group) === 0) &&
    regrouped(own).every((group) => wave.every((work) => !concerns(work, group))) &&
    wave.every((work) => regrouped(work).every((group) => !concerns(own, group)))
  // After those that start, and in its turn.
  const isBefore = (wave: readonly Work[]): boolean =>
    disrupts.some((group) => isStarting(wave, group)) ||
    [...disrupts, ...regrouped(own)].some((group) => wave.some((work) => regrouped(work).includes(group))) ||
    regrouped(own).some((group) => isStarting(wave, group))
  const earliest = 1 + waves.findLastIndex(isBefore)
  const index = waves.findIndex((wave, at) => at >= earliest && fits(wave))
  return index === -1 ? Math.max(earliest, waves.length) : index
}

/** Asks every member that the wave does not take down itself, also on its other hosts. */
function gate(
  group: string,
  wave: readonly Work[],
  members: ReadonlyMap<string, GroupMember>,
): Wave['gates'][number] {
  const going = new Set(
    wave
      .filter((work) => work.disrupts.includes(group) || regrouped(work).includes(group))
      .map(({ host }) => host),
  )
  return {
    group,
    maxUnavailable: allowance(members),
    timeoutSeconds: Math.max(
      0,
      ...[...members.values()].map(({ healthyTimeoutSeconds = 0 }) => healthyTimeoutSeconds),
    ),
    ...given({
      within: [...members.values()].flatMap(({ domain }) => domain?.label ?? []).at(0),
      // All that go have the same one.
      domain: [...going].flatMap((host) => members.get(host)?.domain?.value ?? []).at(0),
    }),
    members: [...members]
      .filter(([host]) => !going.has(host))
      .map(([host, { unit, healthy, domain }]) => ({
        host,
        unit,
        healthy,
        ...given({ domain: domain?.value }),
      })),
  }
}

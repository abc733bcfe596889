import { given } from '../../model/given.ts'
import type { HostPlan, Wave } from '../../model/plan.ts'
import { startedGroups } from '../disruption.ts'
import { allowance, type Groups } from './groups.ts'

/** What a host does to the members of groups. */
interface Work {
  readonly host: string
  /** Groups of which it stops or restarts a member. */
  readonly disrupts: readonly string[]
  /** Groups of which it starts a member that is down. */
  readonly starts: readonly string[]
}

/**
 * Spreads hosts over waves, so that a group never has more members down than it allows. Members that are down start
 * first, in a wave in which no other member of their group goes down. All other hosts are in the first wave.
 */
export function planWaves(hosts: readonly HostPlan[], groups: Groups): readonly Wave[] {
  const works = hosts.flatMap((plan) => workOf(plan, groups))
  const waves: Work[][] = []
  for (const work of works.toSorted((a, b) => Number(starts(b)) - Number(starts(a)))) {
    const index = firstWaveFor(work, waves, groups)
    waves[index] = [...(waves[index] ?? []), work]
  }
  return waves.map((wave) => {
    const inOrder = works.filter((work) => wave.includes(work))
    return {
      hosts: inOrder.map(({ host }) => host),
      gates: [...new Set(inOrder.flatMap(({ disrupts }) => disrupts))].map((group) =>
        gate(group, wave, groups),
      ),
      // They wait for each other, so `--parallel` must not delay any of them.
      bootstrap: inOrder.filter(starts).map(({ host }) => host),
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
  return [{ host, disrupts, starts: started }]
}

function starts(work: Work): boolean {
  return work.starts.length > 0
}

function firstWaveFor({ host, disrupts, starts }: Work, waves: readonly Work[][], groups: Groups): number {
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
    ) && starts.every((group) => going(wave, group) === 0)
  const earliest = 1 + waves.findLastIndex((wave) => disrupts.some((group) => isStarting(wave, group)))
  const index = waves.findIndex((wave, at) => at >= earliest && fits(wave))
  return index === -1 ? Math.max(earliest, waves.length) : index
}

/** Asks every member that the wave does not take down itself, also on its other hosts. */
function gate(group: string, wave: readonly Work[], groups: Groups): Wave['gates'][number] {
  const members = groups.get(group) ?? new Map()
  const going = new Set(wave.filter(({ disrupts }) => disrupts.includes(group)).map(({ host }) => host))
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

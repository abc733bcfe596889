import type { HostPlan, Wave } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

type Groups = ReadonlyMap<string, ReadonlyMap<string, Disruption>>
type Gate = Wave['gates'][number]

/**
 * Spreads the hosts that change over waves: a group never has more members down at once than it allows. Hosts that
 * disrupt nobody are in the first wave.
 */
export function planWaves(hosts: readonly HostPlan[], groups: Groups): readonly Wave[] {
  const waves: { hosts: string[]; disrupting: Map<string, number> }[] = []
  const waveAt = (index: number) => {
    const wave = waves[index] ?? { hosts: [], disrupting: new Map<string, number>() }
    waves[index] = wave
    return wave
  }
  for (const plan of hosts) {
    if (plan.status !== 'planned' || plan.changes.length === 0) continue
    const disrupted = plan.disrupts.map(({ group }) => group)
    let index = 0
    while (disrupted.some((group) => (waves[index]?.disrupting.get(group) ?? 0) >= allowance(groups, group)))
      index += 1
    const wave = waveAt(index)
    wave.hosts.push(plan.host)
    for (const group of disrupted) wave.disrupting.set(group, (wave.disrupting.get(group) ?? 0) + 1)
  }
  const starting = startingTogether(hosts, groups)
  return waves.map((wave) => ({
    hosts: wave.hosts,
    gates: [...wave.disrupting.keys()].map((group): Gate => gate(group, wave.hosts, groups)),
    bootstrap: wave.hosts.filter((host) => starting.has(host)),
  }))
}

/** How many members of a group may be down at once; a group always allows one, or nothing would ever change. */
function allowance(groups: Groups, group: string): number {
  const members = groups.get(group) ?? new Map<string, Disruption>()
  const limits = [...members.values()].map(({ maxUnavailable }) =>
    maxUnavailable === 'quorum' ? members.size - (Math.floor(members.size / 2) + 1) : maxUnavailable,
  )
  return Math.max(1, Math.min(...limits))
}

function gate(group: string, hosts: readonly string[], groups: Groups): Gate {
  const members = groups.get(group) ?? new Map<string, Disruption>()
  return {
    group,
    maxUnavailable: allowance(groups, group),
    members: [...members]
      .filter(([host]) => !hosts.includes(host))
      .map(([host, { healthy }]) => ({ host, healthy })),
  }
}

/** Hosts on which a member of a group starts: they wait for each other, so none may wait for a free place. */
function startingTogether(hosts: readonly HostPlan[], groups: Groups): ReadonlySet<string> {
  const starting = new Set<string>()
  for (const plan of hosts) {
    if (plan.status !== 'planned') continue
    const member = [...groups.values()].some((members) => members.has(plan.host))
    const starts = plan.changes.some(({ operation }) => operation.op === 'unit' && operation.noBlock === true)
    if (member && starts) starting.add(plan.host)
  }
  return starting
}

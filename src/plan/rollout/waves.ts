import type { HostPlan, Wave } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

type Groups = ReadonlyMap<string, ReadonlyMap<string, Disruption>>
type Gate = Wave['gates'][number]

/** Spreads hosts over waves: a group never has more members down than it allows. Others are in the first wave. */
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

/** How many members of a group may be down at once: at least one, or nothing would ever change. */
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

/** Hosts on which group members start: they wait for each other, so `--parallel` must not delay any of them. */
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

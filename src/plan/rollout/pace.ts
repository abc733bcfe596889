import type { HostPlan, Pace, Wave } from '../../model/plan.ts'
import type { Groups } from './groups.ts'
import { planWaves, startersOf } from './waves.ts'

/**
 * The waves of a plan at a pace: canaries first and alone, then the others in batches, each in waves of its own. Members that
 * start together, and wait for each other, stay together.
 */
export function pacedWaves(hosts: readonly HostPlan[], groups: Groups, pace: Pace = {}): readonly Wave[] {
  const { canary = [], batch = [] } = pace
  const working = hosts.filter((plan) => plan.status === 'planned' && plan.changes.length > 0)
  const starters = startersOf(working, groups)
  const canaries = withTheirs(new Set(canary), starters)
  const first = working.filter(({ host }) => canaries.has(host))
  const rest = working.filter(({ host }) => !canaries.has(host))
  const segments = [
    ...(first.length === 0 ? [] : [{ name: 'canary', hosts: first }]),
    ...(batch.length === 0 ? [{ hosts: rest }] : batchesOf(rest, batch, starters)),
  ]
  return segments.flatMap(({ hosts: some, ...name }) =>
    planWaves(some, groups, working).map((wave) => ({ ...wave, ...name })),
  )
}

interface Segment {
  readonly name: string
  readonly hosts: readonly HostPlan[]
}

/** The last size is that of all further batches; a percentage is of all that are left to do at the beginning. */
function batchesOf(
  hosts: readonly HostPlan[],
  sizes: NonNullable<Pace['batch']>,
  starters: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Segment[] {
  const batches: Segment[] = []
  let left = hosts
  while (left.length > 0) {
    const size = sizes[batches.length] ?? sizes.at(-1) ?? hosts.length
    const count =
      typeof size === 'number' ? size : Math.ceil((hosts.length * Number(size.slice(0, -1))) / 100)
    const chosen = withTheirs(new Set(left.slice(0, count).map(({ host }) => host)), starters)
    batches.push({
      name: `batch ${batches.length + 1}`,
      hosts: left.filter(({ host }) => chosen.has(host)),
    })
    left = left.filter(({ host }) => !chosen.has(host))
  }
  return batches
}

/** With the hosts that start a member of the same group as one of them. */
function withTheirs(
  hosts: ReadonlySet<string>,
  starters: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const all = new Set(hosts)
  for (let before = -1; before !== all.size; ) {
    before = all.size
    for (const together of starters.values())
      if ([...together].some((host) => all.has(host))) for (const host of together) all.add(host)
  }
  return all
}

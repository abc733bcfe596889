import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type {
  CatalogEntry,
  Guard,
  HostCatalog,
  NotificationAction,
  ResourceId,
  Step,
} from '../../model/resource.ts'
import { changesOf, type StepContext } from './change.ts'
import { guardOf } from './guard.ts'

/** How a guard is decided: by the facts of a host, or only there. */
export interface Decider {
  readonly facts: Facts
  /** What the host has to decide; `skip` if the answer is known and no. `isFirst`: nothing changes before it. */
  decide(guard: Guard, isFirst: boolean): Guard | 'skip'
  /** Whether it is known that the change will be made. */
  isCertain(change: Change): boolean
  /** Whether it is known what an earlier run left pending. */
  readonly knowsPending: boolean
}

/** The changes that make a catalog true, in its order, with the notifications that are immediate; `last` end the run. */
export function resourceChanges(
  catalog: HostCatalog,
  decider: Decider,
  isFirst: boolean,
): { readonly changes: readonly Change[]; readonly last: readonly Change[] } {
  const { facts } = decider
  const changes: Change[] = []
  const last: Change[] = []
  let starts: Change[] = []
  for (const entry of catalog.entries) {
    const isNeighbour = startsAfterNeighbours(entry)
    if (!isNeighbour || starts.some(({ resource }) => entry.after.includes(resource))) {
      changes.push(...starts)
      starts = []
    }
    const begin = changes.length
    const declared = decider.decide(guardOf(entry.resource), isFirst && begin === 0)
    if (declared === 'skip') continue
    for (const step of entry.resource.steps(facts)) {
      const isLast = step.phase === 'last'
      const guard = decider.decide({ ...declared, ...step.guard }, isFirst && begin === 0 && !isLast)
      if (guard === 'skip') continue
      const list = isLast ? last : isNeighbour && startsOrStops(step) ? starts : changes
      list.push(...changesOf(entry, step, facts, { guard }))
    }
    changes.push(...immediate(catalog, entry, changes.slice(begin), decider))
  }
  return { changes: [...changes, ...starts], last }
}

/**
 * Whether a unit starts or stops only after the units beside it in the catalog have their files and are enabled, so that
 * systemd reads its files once for all of them.
 */
function startsAfterNeighbours({ resource, notifies }: CatalogEntry): boolean {
  const { onlyIf, unless } = resource.relations
  return (
    resource.kind === 'unit' &&
    onlyIf === undefined &&
    unless === undefined &&
    notifies.every(({ timing }) => timing === 'delayed')
  )
}

function startsOrStops({ operation }: Step): boolean {
  return operation.op === 'unit' && (operation.action === 'start' || operation.action === 'stop')
}

/**
 * What an entry's changes notify at once, each followed by what that notifies at once; where it is open whether they are
 * made, that is open as well. A circle ends: what it comes back to stays owed.
 */
export function immediate(
  catalog: HostCatalog,
  { resource: { id }, notifies }: CatalogEntry,
  owing: readonly Change[],
  decider: Decider,
  above: readonly ResourceId[] = [],
): readonly Change[] {
  if (owing.length === 0) return []
  const chain = [...above, id]
  return notifies
    .filter(({ timing, resource }) => timing === 'immediate' && !chain.includes(resource))
    .flatMap(({ resource, action }) => {
      const target = catalog.entries.find((entry) => entry.resource.id === resource)
      if (target === undefined) return []
      const owed = { resource, action }
      const whenOwed = owing.some(decider.isCertain) ? undefined : owed
      const answer = { reason: `notified at once by ${id}`, settles: [owed], whenOwed }
      const changes = notified(target, action, decider, answer)
      return [...changes, ...immediate(catalog, target, changes, decider, chain)]
    })
}

/** The changes by which an entry answers a notification. */
export function notified(
  target: CatalogEntry,
  action: NotificationAction,
  decider: Decider,
  { reason, ...answered }: { readonly reason: string } & Pick<StepContext, 'settles' | 'whenOwed'>,
): readonly Change[] {
  const { facts, decide } = decider
  return target.resource.steps(facts, { action }).flatMap((step) => {
    const guard = decide(guardOf(target.resource, step), false)
    if (guard === 'skip') return []
    return changesOf(target, { ...step, reason }, facts, { guard, ...answered })
  })
}

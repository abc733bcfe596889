import type { Facts } from '../model/facts.ts'
import type { Change, Owed } from '../model/plan.ts'
import type { CatalogEntry, HostCatalog, NotificationAction, ResourceId, Step } from '../model/resource.ts'

/** The order in which one resource's notifications are considered: a restart absorbs the reload behind it. */
const actions: readonly NotificationAction[] = ['run', 'start', 'stop', 'restart', 'reload']

type Answer = (target: CatalogEntry, step: Step, settles: readonly Owed[]) => readonly Change[]

/**
 * Carries out what the changes owe, and what an earlier run left pending, in catalog order behind all changes.
 * A later start of the same unit absorbs its restart, a restart absorbs a reload; each happens once.
 */
export function carryOutDelayed(
  catalog: HostCatalog,
  facts: Facts,
  planned: readonly Change[],
  answer: Answer,
): { readonly changes: readonly Change[]; readonly notes: readonly string[] } {
  const changes = [...planned]
  for (const entry of catalog.entries) {
    const { id } = entry.resource
    let restarted = false
    for (const action of actions) {
      const owing = owersOf(planned, id, action)
      const pending =
        facts.pending.some(
          (notification) => notification.resource === id && notification.action === action,
        ) &&
        !planned.some((change) =>
          change.settles.some((owed) => owed.resource === id && owed.action === action),
        )
      if (owing.length === 0 && !pending) continue
      const settles = [{ resource: id, action }]
      const absorber =
        action === 'restart' || action === 'reload' ? startBehind(changes, id, owing) : undefined
      if (absorber !== undefined) {
        changes[absorber] = settling(changes[absorber], settles)
        continue
      }
      if (action === 'reload' && restarted) {
        const restart = changes.findLastIndex(
          (change) => change.resource === id && isUnitAction(change, 'restart'),
        )
        changes[restart] = settling(changes[restart], settles)
        continue
      }
      const because = owing.length > 0 ? `notified by ${names(owing)}` : 'still owed from an earlier run'
      const steps = entry.resource.steps(facts, { action })
      changes.push(...steps.flatMap((step) => answer(entry, { ...step, reason: because }, settles)))
      restarted ||= action === 'restart' && steps.length > 0
    }
  }
  return { changes, notes: orphans(catalog, facts) }
}

/** The changes that owe an action and have not been answered at once. */
function owersOf(changes: readonly Change[], id: ResourceId, action: NotificationAction): readonly Change[] {
  const matches = (owed: Owed): boolean => owed.resource === id && owed.action === action
  const settled = changes.findLastIndex((change) => change.settles.some(matches))
  return changes.filter((change, index) => index > settled && change.owes.some(matches))
}

/** The index of a start of this unit that comes behind everything that owes it something. */
function startBehind(
  changes: readonly Change[],
  id: ResourceId,
  owing: readonly Change[],
): number | undefined {
  const start = changes.findLastIndex((change) => change.resource === id && isUnitAction(change, 'start'))
  return start >= 0 && owing.every((change) => changes.indexOf(change) < start) ? start : undefined
}

function isUnitAction({ operation }: Change, action: string): boolean {
  return operation.op === 'unit' && operation.action === action
}

function settling(change: Change | undefined, settles: readonly Owed[]): Change {
  if (change === undefined) throw new RangeError('no change to settle with')
  return { ...change, settles: [...change.settles, ...settles] }
}

function names(changes: readonly Change[]): string {
  return [...new Set(changes.map(({ resource }) => resource))].join(', ')
}

/** Notifications whose resource is no longer in the catalog: there is nobody left to carry them out. */
function orphans(catalog: HostCatalog, facts: Facts): readonly string[] {
  const known = new Set<string>(catalog.entries.map(({ resource }) => resource.id))
  return facts.pending
    .filter(({ resource }) => !known.has(resource))
    .map(
      ({ resource, action }) =>
        `the pending ${action} of ${resource} is dropped: it is no longer in the catalog`,
    )
}

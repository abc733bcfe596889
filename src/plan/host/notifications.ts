import { type Facts, isStarted, type PendingNotification } from '../../model/facts.ts'
import type { Change, Owed } from '../../model/plan.ts'
import { type NotificationAction, notificationActions } from '../../model/relations.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import { rulesOf } from '../../operations/index.ts'
import { type Decider, immediate, notified } from './resource-changes.ts'

/** Limits a cycle of notifications: no action is carried out more often than this. */
const mostTimes = 2

/**
 * Carries out what the changes owe, and what is pending, in catalog order after all changes, then what those earn. A
 * later start of a unit absorbs its restart, a restart its reload; each happens once.
 */
export function carryOutDelayed(
  catalog: HostCatalog,
  pending: readonly PendingNotification[],
  planned: readonly Change[],
  decider: Decider,
): readonly Change[] {
  const changes = [...planned]
  const times = new Map<string, number>()
  for (let more = true; more; ) {
    more = false
    for (const entry of socketsFirst(catalog)) {
      for (const action of notificationActions) {
        const key = `${action} ${entry.resource.id}`
        const before = times.get(key) ?? 0
        const isPending =
          before === 0 && pending.some((one) => isSame(one, { resource: entry.resource.id, action }))
        if (before === mostTimes || !carryOut(catalog, entry, action, isPending, { changes, decider }))
          continue
        times.set(key, before + 1)
        more = true
      }
    }
  }
  return changes
}

/** The restart of a socket restarts its running service, too. */
function socketsFirst({ entries }: HostCatalog): readonly CatalogEntry[] {
  const isSocket = ({ resource }: CatalogEntry): boolean => resource.ownsUnit?.endsWith('.socket') === true
  return [...entries.filter(isSocket), ...entries.filter((entry) => !isSocket(entry))]
}

/** Carries out one owed action, or settles it with a change that absorbs it. False if there was nothing to do. */
function carryOut(
  catalog: HostCatalog,
  entry: CatalogEntry,
  action: NotificationAction,
  isPending: boolean,
  { changes, decider }: { readonly changes: Change[]; readonly decider: Decider },
): boolean {
  const owed: Owed = { resource: entry.resource.id, action }
  const owing = owersOf(changes, owed)
  // A change that the host may skip must not settle what is certainly pending.
  const carriesOut = ({ whenOwed }: Change): boolean => !decider.knowsPending || whenOwed === undefined
  const pending = isPending && !changes.some((change) => settlesIt(change, owed) && carriesOut(change))
  if (owing.length === 0 && !pending) return false
  const [absorber, index] = absorberOf(changes, owed, owing, decider)
  if (absorber !== undefined && decider.isCertain(absorber)) {
    changes[index] = { ...absorber, settles: [...absorber.settles, owed] }
    return true
  }
  const isLeftPending = pending && decider.knowsPending
  // The host decides: if it makes the absorber, what this run has earned is no longer owed.
  const mayAbsorb = absorber !== undefined && !isLeftPending
  if (mayAbsorb) changes[index] = { ...absorber, absorbs: [...(absorber.absorbs ?? []), owed] }
  const carried = notified(entry, action, decider, {
    earlier: changes,
    reason: owing.length > 0 ? `notified by ${names(owing)}` : 'pending from an earlier run',
    settles: [owed],
    // If the host decides all changes that owe it, it decides this, too.
    whenOwed: isLeftPending || (!mayAbsorb && owing.some(decider.isCertain)) ? undefined : owed,
  })
  changes.push(...carried)
  changes.push(...immediate(catalog, entry, { owing: carried, before: () => changes, decider }))
  return carried.length > 0
}

/** The change that absorbs it: a start, or for a reload a restart, after all changes that owe it. */
function absorberOf(
  changes: readonly Change[],
  { resource, action }: Owed,
  owing: readonly Change[],
  { facts }: Decider,
): readonly [Change, number] | readonly [undefined, -1] {
  if (action === 'run' || action === 'stop') return [undefined, -1]
  // Starting a unit that runs does nothing.
  const starts = ({ operation }: Change, index: number): boolean =>
    rulesOf(operation).isNeeded(operation, facts) &&
    !changes.slice(0, index).some((earlier) => earlier.resource === resource && isFresh(earlier))
  const index = changes.findLastIndex(
    (change, index) =>
      isAround(change, resource, facts) ||
      (change.resource === resource &&
        ((isUnitAction(change, 'start') && (action === 'start' || starts(change, index))) ||
          (action === 'reload' && isUnitAction(change, 'restart')))),
  )
  const absorber = changes[index]
  return absorber !== undefined && owing.every((change) => changes.indexOf(change) < index)
    ? [absorber, index]
    : [undefined, -1]
}

/** Whether a service that runs starts again with its socket. */
function isAround({ operation }: Change, resource: string, { units }: Facts): boolean {
  if (operation.op !== 'unit' || operation.around === undefined) return false
  const service = units[operation.around]
  const runs = isStarted(service) || service?.active === 'unknown'
  return runs && resource === `unit[${operation.around}]`
}

function isFresh(change: Change): boolean {
  return isUnitAction(change, 'start') || isUnitAction(change, 'restart')
}

function isSame(one: { readonly resource: string; readonly action: string }, owed: Owed): boolean {
  return one.resource === owed.resource && one.action === owed.action
}

function settlesIt(change: Change, owed: Owed): boolean {
  return change.settles.some((one) => isSame(one, owed))
}

/** The changes that owe an action that is not settled yet. */
function owersOf(changes: readonly Change[], owed: Owed): readonly Change[] {
  const settled = changes.findLastIndex((change) => settlesIt(change, owed))
  return changes.filter((change, index) => index > settled && change.owes.some((one) => isSame(one, owed)))
}

function isUnitAction({ operation }: Change, action: string): boolean {
  return operation.op === 'unit' && operation.action === action
}

function names(changes: readonly Change[]): string {
  return [...new Set(changes.map(({ resource }) => resource))].join(', ')
}

/** Notes on pending notifications of resources that are no longer in the catalog. */
export function orphans(
  catalog: HostCatalog,
  pending: readonly PendingNotification[],
  services: readonly Change[],
): readonly string[] {
  const known = new Set<string>(catalog.entries.map(({ resource }) => resource.id))
  return pending
    .filter(({ resource, action }) => !known.has(resource) && action !== 'daemon-reload')
    .filter((one) => !services.some(({ settles }) => settles.some((owed) => isSame(one, owed))))
    .map(
      ({ resource, action }) =>
        `the pending ${action} of ${resource} is dropped: it is no longer in the spec`,
    )
}

import type { Facts, PendingNotification } from '../../model/facts.ts'
import { type Change, type Owed, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { changesUnitFile, pathOf } from '../../operations/index.ts'

/**
 * Inserts daemon-reload once before the first unit action after a change of a unit file, or at the end. Enabling and
 * masking make systemd read its files anyway; of several in a row only the last one reloads, to repeat it after a kill.
 */
export function withDaemonReload(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  if (facts.platform.init !== 'systemd') return changes
  const unread = catalog.entries.find(
    ({ resource }) => resource.ownsUnit !== undefined && facts.units[resource.ownsUnit]?.needsReload === true,
  )
  const result: Change[] = []
  let owed = facts.pending.filter(isReloadOwed)
  const unreadId = unread?.resource.id ?? owed[0]?.resource
  let cause: Pick<Change, 'resource' | 'reason'> | undefined = unreadId && {
    resource: unreadId,
    reason: 'systemd has not read its changed unit file yet',
  }
  // The entry of a removed unit file is dropped after the daemon-reload, so that a kill in between does not lose it.
  let strikes: string[] = []
  for (const [index, change] of changes.entries()) {
    if (reloads(change) && strikes.length === 0) {
      const later = isFollowedByReload(changes, index)
      result.push(later ? withoutReload(change) : { ...change, settles: [...change.settles, ...owed] })
      if (later) continue
      cause = undefined
      owed = []
      continue
    }
    if (cause !== undefined && change.operation.op === 'unit') {
      result.push(reload(cause, strikes, owed))
      cause = undefined
      strikes = []
      owed = []
    }
    if (!changesUnitFile(change.operation)) {
      result.push(change)
      continue
    }
    const { strikes: later = [], ...now } = change
    strikes.push(...later)
    const owes = reloadOwedFor(change)
    owed.push(...owes.filter((one) => !owed.some(({ resource }) => resource === one.resource)))
    result.push(owes.length === 0 ? now : { ...now, owes: [...now.owes, ...owes] })
    cause ??= { resource: change.resource, reason: 'unit files change' }
  }
  if (cause !== undefined) result.push(reload(cause, strikes, owed))
  return result
}

/** For declared units systemd reports unread files (NeedDaemonReload); for other files a reload is recorded as owed. */
function reloadOwedFor({ resource }: Change): readonly Owed[] {
  return resource.startsWith('unit[') ? [] : [{ resource, action: 'daemon-reload' }]
}

function isReloadOwed(pending: PendingNotification): pending is Owed {
  return pending.action === 'daemon-reload'
}

/** Whether systemctl certainly makes systemd read its files again (systemctl(1), --no-reload). */
function reloads({ operation, guard, whenOwed }: Change): boolean {
  if (operation.op !== 'unit' || guard !== undefined || whenOwed !== undefined) return false
  return ['enable', 'disable', 'mask', 'unmask'].includes(operation.action)
}

/** Whether another such change follows before anything that depends on the reload. */
function isFollowedByReload(changes: readonly Change[], index: number): boolean {
  const next = changes.slice(index + 1).find(({ operation }) => pathOf(operation) === undefined)
  return next !== undefined && reloads(next)
}

function withoutReload(change: Change): Change {
  const { operation } = change
  return operation.op === 'unit' ? { ...change, operation: { ...operation, noReload: true } } : change
}

function reload(
  cause: Pick<Change, 'resource' | 'reason'>,
  strikes: readonly string[],
  settles: readonly Owed[],
): Change {
  const operation = { op: 'daemon-reload' } as const
  return { ...plainChange({ ...cause, operation }), settles, ...(strikes.length > 0 && { strikes }) }
}

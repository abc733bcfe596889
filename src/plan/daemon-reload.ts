import type { Facts } from '../model/facts.ts'
import type { Operation } from '../model/operation.ts'
import type { Change } from '../model/plan.ts'
import type { HostCatalog } from '../model/resource.ts'

/** systemd's unit load paths of the system manager (systemd.unit(5)). */
const unitPath = /^\/(?:etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\//

/**
 * Inserts daemon-reload once before the first unit action that follows a change of a unit file (also one that an
 * earlier, interrupted run made), or at the end where no unit action follows.
 */
export function withDaemonReload(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  if (facts.platform.init !== 'systemd') return changes
  const unread = catalog.entries.find(
    ({ resource }) => resource.kind === 'unit' && facts.units[resource.name]?.needsReload === true,
  )
  const result: Change[] = []
  let cause: Pick<Change, 'resource' | 'reason'> | undefined = unread && {
    resource: unread.resource.id,
    reason: 'systemd has not read its changed unit file yet',
  }
  // An entry whose unit file goes leaves the manifest behind the daemon-reload: a kill in between must not lose that.
  let strikes: string[] = []
  for (const change of changes) {
    if (cause !== undefined && change.operation.op === 'unit') {
      result.push(reload(cause, strikes))
      cause = undefined
      strikes = []
    }
    if (!changesUnitFile(change.operation)) {
      result.push(change)
      continue
    }
    const { strikes: later = [], ...now } = change
    strikes.push(...later)
    result.push(now)
    cause ??= { resource: change.resource, reason: 'unit files change' }
  }
  if (cause !== undefined) result.push(reload(cause, strikes))
  return result
}

function changesUnitFile(operation: Operation): boolean {
  return (
    ['write', 'remove', 'restore', 'link'].includes(operation.op) &&
    'path' in operation &&
    unitPath.test(operation.path)
  )
}

function reload(cause: Pick<Change, 'resource' | 'reason'>, strikes: readonly string[]): Change {
  return {
    ...cause,
    operation: { op: 'daemon-reload' },
    expects: [],
    owes: [],
    settles: [],
    ...(strikes.length === 0 ? {} : { strikes }),
  }
}

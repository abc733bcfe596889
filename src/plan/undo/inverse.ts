import type { Facts, PathFact, UnitFact } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'

/** What a host was like before an operation, as far as taking it back goes. What is `null` was not there. */
export interface Before {
  readonly paths: Facts['paths']
  readonly units: Readonly<Record<string, Pick<UnitFact, 'active' | 'file'>>>
  readonly users: Facts['users']
  readonly groups: Facts['groups']
  readonly packages: Facts['packages']
}

/**
 * The operations that take one operation back, given the facts before it. `kept` names the file, below the cluster's
 * state directory, that holds what was at the operation's path. Accounts stay unless they are to be pruned, and what a
 * command did is its own.
 */
export function inverse(operation: Operation, before: Before, kept: string): readonly Operation[] {
  switch (operation.op) {
    case 'write':
    case 'mkdir':
    case 'link':
    case 'archive':
    case 'remove':
    case 'restore':
      return inverseAtPath(operation, before.paths[operation.path], kept)
    case 'attributes':
      return inverseOfAttributes(operation.path, before.paths[operation.path])
    case 'package':
      return newPackages(operation.packages, before)
    case 'user':
      return operation.prune && before.users[operation.name] === null
        ? [{ op: 'remove-user', name: operation.name }]
        : []
    case 'group':
      return operation.prune && before.groups[operation.name] === null
        ? [{ op: 'remove-group', name: operation.name }]
        : []
    case 'remove-user':
      return sameUser(operation.name, before)
    case 'remove-group':
      return sameGroup(operation.name, before)
    case 'remove-package':
      return samePackages(operation.packages, before)
    case 'unit':
      return inverseUnitAction(operation, before.units[operation.unit])
    default:
      return []
  }
}

function inverseAtPath(
  operation: Extract<Operation, { path: string }>,
  before: PathFact | undefined,
  kept: string,
): readonly Operation[] {
  const { op, path } = operation
  switch (before?.type) {
    case 'absent':
      return [{ op: 'remove', path, recursive: op === 'archive' }]
    case 'file':
      return [{ op: 'restore', path, kept, sha256: before.sha256, ...ownership(before) }]
    case 'directory':
      // A tree that an archive replaced is not kept: the spec before it names the archive that it came from.
      if (op === 'archive' || (op === 'remove' && operation.recursive)) return []
      return [{ op: op === 'remove' ? 'mkdir' : 'attributes', path, ...ownership(before) }]
    case 'link':
      return [{ op: 'link', path, target: before.target }]
    default:
      return []
  }
}

function inverseOfAttributes(path: string, before: PathFact | undefined): readonly Operation[] {
  if (before?.type !== 'file' && before?.type !== 'directory') return []
  return [{ op: 'attributes', path, ...ownership(before) }]
}

function ownership({ mode, owner, group, uid, gid }: Extract<PathFact, { mode: string }>) {
  const named = (name: string, id: number): string => (name === 'UNKNOWN' ? String(id) : name)
  return { mode, owner: named(owner, uid), group: named(group, gid) }
}

function newPackages(packages: readonly string[], before: Before): readonly Operation[] {
  const added = packages
    .map((wanted) => wanted.split('=')[0] ?? wanted)
    .filter((name) => before.packages[name] === null)
  return added.length === 0 ? [] : [{ op: 'remove-package', packages: added }]
}

/** The account again, with its numbers, so that it still owns its files; its home has stayed. */
function sameUser(name: string, { users }: Before): readonly Operation[] {
  const before = users[name]
  if (before === null || before === undefined) return []
  const { uid, group, groups, home, shell, comment } = before
  const account = { uid, group, groups, home, shell, comment }
  return [
    { op: 'user', name, ...account, system: false, createHome: false, prune: true },
    // The system's tools take a group away together with its user; whatever is taken back last comes first.
    { op: 'group', name: group, gid: before.gid, system: false },
  ]
}

function sameGroup(name: string, { groups }: Before): readonly Operation[] {
  const before = groups[name]
  if (before === null || before === undefined) return []
  return [{ op: 'group', name, gid: before.gid, system: false, prune: true }]
}

/** What was installed comes back in the version of the day; the rollback itself starts what was running. */
function samePackages(packages: readonly string[], before: Before): readonly Operation[] {
  const gone = packages.filter((name) => (before.packages[name] ?? null) !== null)
  return gone.length === 0 ? [] : [{ op: 'package', packages: gone, autostart: false, update: true }]
}

function inverseUnitAction(
  { unit, action }: Extract<Operation, { op: 'unit' }>,
  before: Before['units'][string] | undefined,
): readonly Operation[] {
  const running =
    before?.active === 'active' || before?.active === 'activating' || before?.active === 'reloading'
  const back = { op: 'unit', unit } as const
  switch (action) {
    case 'enable':
      return before?.file === 'enabled' ? [] : [{ ...back, action: 'disable' }]
    case 'disable':
      return before?.file === 'enabled' ? [{ ...back, action: 'enable' }] : []
    case 'mask':
      return before?.file === 'masked' ? [] : [{ ...back, action: 'unmask' }]
    case 'unmask':
      return before?.file === 'masked' ? [{ ...back, action: 'mask' }] : []
    case 'start':
      return running ? [] : [{ ...back, action: 'stop' }]
    case 'stop':
      return running ? [{ ...back, action: 'start' }] : []
    case 'restart':
      // It starts a unit that does not run.
      return [{ ...back, action: running ? 'restart' : 'stop' }]
    case 'reload':
      return [{ ...back, action }]
  }
}

/** What was done last is taken back first, as far as the order of taking back allows. */
export function inReverse<T>(taken: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return inOrderOfTakingBack(taken.toReversed(), operationOf)
}

/**
 * Stops come first, then what goes from paths, the inner before the outer; then the accounts and packages that come
 * back, then what comes to paths, the outer before the inner; then the accounts and packages that go, and at last what
 * enables and starts.
 */
export function inOrderOfTakingBack<T>(all: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return all.toSorted((a, b) => {
    const [first, second] = [operationOf(a), operationOf(b)]
    return rank(first) - rank(second) || depth(first) - depth(second)
  })
}

function rank(operation: Operation): number {
  if (operation.op === 'unit') return ['stop', 'disable'].includes(operation.action) ? 0 : 5
  if ('path' in operation) return operation.op === 'remove' ? 1 : 3
  return ['user', 'group', 'package'].includes(operation.op) ? 2 : 4
}

function depth(operation: Operation): number {
  if (!('path' in operation)) return 0
  const parts = operation.path.split('/').length
  return operation.op === 'remove' ? -parts : parts
}

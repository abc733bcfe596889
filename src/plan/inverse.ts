import type { Facts, PathFact, UnitFact } from '../model/facts.ts'
import type { Operation } from '../model/operation.ts'

/** What a host was like before an operation, as far as taking it back goes. What is `null` was not there. */
export interface Before {
  readonly paths: Facts['paths']
  readonly units: Readonly<Record<string, Pick<UnitFact, 'active' | 'file'>>>
  readonly users: Readonly<Record<string, unknown>>
  readonly groups: Readonly<Record<string, unknown>>
  readonly packages: Readonly<Record<string, unknown>>
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
    case 'restore':
      return inverseAtPath(operation.path, operation.op === 'archive', before.paths[operation.path], kept)
    case 'attributes':
      return inverseOfAttributes(operation.path, before.paths[operation.path])
    case 'remove':
      return inverseOfRemoval(operation, before.paths[operation.path], kept)
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
    case 'unit':
      return inverseUnitAction(operation, before.units[operation.unit])
    default:
      return []
  }
}

function inverseAtPath(
  path: string,
  recursive: boolean,
  before: PathFact | undefined,
  kept: string,
): readonly Operation[] {
  switch (before?.type) {
    case 'absent':
      return [{ op: 'remove', path, recursive }]
    case 'file':
      return [{ op: 'restore', path, kept, sha256: before.sha256, ...ownership(before) }]
    case 'directory':
      // A tree that an archive replaced is not kept: the spec before it names the archive that it came from.
      return recursive ? [] : [{ op: 'attributes', path, ...ownership(before) }]
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

/** A tree that was removed with all that was in it is not kept; a directory that had to be empty can be made again. */
function inverseOfRemoval(
  { path, recursive }: Extract<Operation, { op: 'remove' }>,
  before: PathFact | undefined,
  kept: string,
): readonly Operation[] {
  if (before?.type !== 'directory') return inverseAtPath(path, recursive, before, kept)
  return recursive ? [] : [{ op: 'mkdir', path, ...ownership(before) }]
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
    case 'reload':
      return [{ ...back, action }]
  }
}

/** What was done last is taken back first, as far as the order of taking back allows. */
export function inReverse<T>(taken: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return inOrderOfTakingBack(taken.toReversed(), operationOf)
}

/**
 * Stops come first, then what goes from paths, the inner before the outer, then what comes to paths, the outer before
 * the inner, then accounts and packages, then what enables and starts.
 */
export function inOrderOfTakingBack<T>(all: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return all.toSorted((a, b) => {
    const [first, second] = [operationOf(a), operationOf(b)]
    return rank(first) - rank(second) || depth(first) - depth(second)
  })
}

function rank(operation: Operation): number {
  if (operation.op === 'unit') return ['stop', 'disable'].includes(operation.action) ? 0 : 4
  if (!('path' in operation)) return 3
  return operation.op === 'remove' ? 1 : 2
}

function depth(operation: Operation): number {
  if (!('path' in operation)) return 0
  const parts = operation.path.split('/').length
  return operation.op === 'remove' ? -parts : parts
}

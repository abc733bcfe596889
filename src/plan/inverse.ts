import type { Facts, PathFact } from '../model/facts.ts'
import type { Operation } from '../model/operation.ts'

/**
 * The operations that take one operation back, given the facts before it. `kept` names the file, below the cluster's
 * state directory, that holds what was at the operation's path. Accounts stay unless they are to be pruned, and what a
 * command did is its own.
 */
export function inverse(operation: Operation, facts: Facts, kept: string): readonly Operation[] {
  switch (operation.op) {
    case 'write':
    case 'mkdir':
    case 'link':
    case 'archive':
    case 'attributes':
    case 'remove':
    case 'restore':
      return inverseAtPath(operation.path, operation.op === 'archive', facts.paths[operation.path], kept)
    case 'package':
      return newPackages(operation.packages, facts)
    case 'user':
      return operation.prune && facts.users[operation.name] === null
        ? [{ op: 'remove-user', name: operation.name }]
        : []
    case 'group':
      return operation.prune && facts.groups[operation.name] === null
        ? [{ op: 'remove-group', name: operation.name }]
        : []
    case 'unit':
      return inverseUnitAction(operation, facts)
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

function ownership({ mode, owner, group, uid, gid }: Extract<PathFact, { mode: string }>) {
  const named = (name: string, id: number): string => (name === 'UNKNOWN' ? String(id) : name)
  return { mode, owner: named(owner, uid), group: named(group, gid) }
}

function newPackages(packages: readonly string[], facts: Facts): readonly Operation[] {
  const added = packages
    .map((wanted) => wanted.split('=')[0] ?? wanted)
    .filter((name) => facts.packages[name] === null)
  return added.length === 0 ? [] : [{ op: 'remove-package', packages: added }]
}

function inverseUnitAction(
  { unit, action }: Extract<Operation, { op: 'unit' }>,
  facts: Facts,
): readonly Operation[] {
  const before = facts.units[unit]
  const running =
    before?.active === 'active' || before?.active === 'activating' || before?.active === 'reloading'
  const back = { op: 'unit', unit } as const
  switch (action) {
    case 'enable':
      return before?.file === 'enabled' ? [] : [{ ...back, action: 'disable' }]
    case 'disable':
      return [{ ...back, action: 'enable' }]
    case 'mask':
      return [{ ...back, action: 'unmask' }]
    case 'unmask':
      return [{ ...back, action: 'mask' }]
    case 'start':
      return running ? [] : [{ ...back, action: 'stop' }]
    case 'stop':
      return running ? [{ ...back, action: 'start' }] : []
    case 'restart':
    case 'reload':
      return [{ ...back, action }]
  }
}

/** Stops come first, then what is at paths, then what enables and starts: the order of taking something back. */
export function inReverse<T>(taken: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  const rank = (one: T): number => {
    const operation = operationOf(one)
    if (operation.op !== 'unit') return 1
    return operation.action === 'stop' || operation.action === 'disable' ? 0 : 2
  }
  return taken.toReversed().toSorted((a, b) => rank(a) - rank(b))
}

import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change } from '../../model/plan.ts'
import { feedsGenerators, pathOf } from '../../operations/index.ts'

/** Throws a ResourceConflict for a unit that is to start or to be enabled, and that nothing on the host or in the plan brings. */
export function refuseMissingUnits(changes: readonly Change[], { units }: Facts): void {
  for (const [index, { resource, operation }] of changes.entries()) {
    if (operation.op !== 'unit' || !['start', 'enable'].includes(operation.action)) continue
    const { unit } = operation
    if (units[unit]?.load !== 'not-found') continue
    if (changes.slice(0, index).some((earlier) => mayBring(earlier.operation, unit))) continue
    throw new ResourceConflict(
      resource,
      `there is no unit ${unit} on the host`,
      'declare its content, or first the package that has it; instead of an alias, declare the unit itself',
    )
  }
}

/** Throws a ResourceConflict for a unit that is to be masked where its own file is: the mask is a link in its place. */
export function refuseMaskedFiles(changes: readonly Change[], { paths }: Facts): void {
  for (const [index, { resource, operation }] of changes.entries()) {
    if (operation.op !== 'unit' || operation.action !== 'mask') continue
    const path = `/etc/systemd/system/${operation.unit}`
    const last = changes.slice(0, index).findLast((earlier) => pathOf(earlier.operation) === path)
    const isThere =
      last === undefined ? (paths[path]?.type ?? 'absent') !== 'absent' : last.operation.op !== 'remove'
    if (!isThere) continue
    throw new ResourceConflict(
      resource,
      `${operation.unit} cannot be masked: its file ${path} is where the mask belongs`,
      'remove that file, or declare the unit with enabled: false and started: false instead',
    )
  }
}

function mayBring(operation: Operation, unit: string): boolean {
  if (feedsGenerators(operation)) return true
  switch (operation.op) {
    case 'package':
    case 'run':
    case 'archive':
    case 'restore':
    case 'download':
    case 'checkout':
      return true
    case 'link':
    case 'write': {
      const name = operation.path.slice(operation.path.lastIndexOf('/') + 1)
      const isAlias = operation.op === 'write' && operation.content.data.includes(unit)
      return name === unit || name === unit.replace(/@.*\./, '@.') || isAlias
    }
    default:
      return false
  }
}

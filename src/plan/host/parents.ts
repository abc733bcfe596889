import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import { kindMadeBy, pathOf } from '../../operations/index.ts'

/**
 * Names the directories that are made above another one. Throws a ResourceConflict for a path of which the directory
 * is missing and nothing before it may bring it.
 */
export function withParents(changes: readonly Change[], { paths }: Facts): readonly Change[] {
  const made = new Set<string>()
  let mayBring = false
  return changes.map((change) => {
    const { resource, operation, guard, whenOwed } = change
    if (['package', 'run', 'archive', 'user', 'unit'].includes(operation.op)) mayBring = true
    const path = pathOf(operation)
    const kind = kindMadeBy(operation)
    if (path === undefined || kind === undefined) return change
    const found = paths[path]
    const above = parentsOf(path)
    const missing =
      found?.type === 'absent' ? above.slice(0, found.missingAbove ?? 0).filter((one) => !made.has(one)) : []
    const isBlocked = found?.type === 'absent' && found.isBlocked && !above.some((one) => made.has(one))
    const isCertain = guard === undefined && whenOwed === undefined
    if (isCertain && kind !== 'file') for (const one of [path, ...above]) made.add(one)
    if (mayBring && kind !== 'tree') return change
    if (isBlocked)
      throw new ResourceConflict(
        resource,
        `something that is not a directory is above ${path}`,
        'move it away, or choose another path',
      )
    if (missing.length === 0) return change
    if (kind === 'directory' || kind === 'tree') {
      const words = missing.toReversed().join(', ')
      return { ...change, reason: `${change.reason}; creates ${words} above it (mode 0755, root:root)` }
    }
    if (!isCertain) return change
    throw new ResourceConflict(
      resource,
      `the directory ${missing[0]} does not exist`,
      `declare directory[${missing[0]}]`,
    )
  })
}

/** The directories above a path, nearest first. */
function parentsOf(path: string): readonly string[] {
  const end = path.lastIndexOf('/')
  return end <= 0 ? [] : [path.slice(0, end), ...parentsOf(path.slice(0, end))]
}

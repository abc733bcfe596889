import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { isEdit, kindMadeBy, pathOf } from '../../operations/index.ts'
import { placesOf } from './places.ts'

/**
 * Names the directories that are made above another one. Throws a ResourceConflict for a path of which the directory
 * is missing and nothing before it may bring it; declared links above it are followed.
 */
export function withParents(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  const placeOf = placesOf(catalog, facts)
  const made = new Set<string>()
  let mayBring = false
  return changes.map((change) => {
    const { resource, operation, guard, whenOwed } = change
    if (['package', 'run', 'archive', 'checkout', 'user', 'unit'].includes(operation.op)) mayBring = true
    const path = pathOf(operation)
    const kind = kindMadeBy(operation)
    const needsParent = kind !== undefined || (isEdit(operation) && operation.content !== undefined)
    if (path === undefined || !needsParent) return change
    const place = placeOf(path)
    const found = facts.paths[place] ?? facts.paths[path]
    const above = parentsOf(place)
    const isMade = above.some((one) => made.has(one))
    const missing =
      found?.type === 'absent' ? above.slice(0, found.missingAbove ?? 0).filter((one) => !made.has(one)) : []
    const blockedBy = found?.type === 'absent' && !isMade ? found.blockedBy : undefined
    const isCertain = guard === undefined && whenOwed === undefined
    if (isCertain && kind !== undefined && kind !== 'file')
      for (const one of [place, ...missing]) made.add(one)
    if (mayBring && kind !== 'tree') return change
    if (blockedBy === 'link')
      throw new ResourceConflict(
        resource,
        `a symbolic link above ${path} does not lead to a directory`,
        'make the directory that it leads to, or remove the link',
      )
    if (blockedBy === 'other')
      throw new ResourceConflict(
        resource,
        `something that is not a directory is above ${path}`,
        'move it away, or choose another path',
      )
    if (missing.length === 0) return change
    // A directory is made below a link, but not what the link leads to.
    const target = place === facts.paths[path]?.real ? undefined : above[linkAbove(path, above, placeOf)]
    const lacks = missing.find((one) => one === target)
    if ((kind === 'directory' || kind === 'tree') && lacks === undefined) {
      const words = missing.toReversed().join(', ')
      return { ...change, reason: `${change.reason}; creates ${words} above it (mode 0755, root:root)` }
    }
    if (!isCertain) return change
    throw new ResourceConflict(
      resource,
      `the directory ${lacks ?? missing[0]} does not exist`,
      `declare directory[${lacks ?? missing[0]}]`,
    )
  })
}

/** The index of the directory above a path that is a declared link, -1 if there is none. */
function linkAbove(path: string, places: readonly string[], placeOf: (path: string) => string): number {
  return parentsOf(path).findIndex((one, at) => placeOf(one) !== places[at])
}

/** The directories above a path, nearest first. */
function parentsOf(path: string): readonly string[] {
  const end = path.lastIndexOf('/')
  return end <= 0 ? [] : [path.slice(0, end), ...parentsOf(path.slice(0, end))]
}

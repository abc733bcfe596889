import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { pathOf } from '../../operations/index.ts'
import { claimsOn } from '../undo/claims-on.ts'

/**
 * Names what a package manager removes besides. Throws a ResourceConflict if that is in a spec, or if a package is held.
 */
export function withPackagesAlong(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  return changes.map((change) => {
    const { resource, operation } = change
    if (operation.op !== 'package' && operation.op !== 'remove-package') return change
    const names = operation.packages.map((one) => (typeof one === 'string' ? one : one.name))
    const held = names.find((name) => facts.packages[name]?.held)
    if (held !== undefined) {
      throw new ResourceConflict(
        resource,
        `the package ${held} is held at version ${facts.packages[held]?.version}`,
        'release it on the host, or declare this version',
      )
    }
    const along = operation.op === 'package' ? [] : packagesAlong([change], facts, changes)
    if (along.length === 0) return change
    refuseClaimed(change, along, catalog, facts)
    return { ...change, reason: `${change.reason}; removes ${along.join(', ')} as well` }
  })
}

/**
 * Throws a ResourceConflict for a package that the host's lists do not have, if nothing before it may bring others.
 * Returns a note for it if a package before it might.
 */
export function refuseUnknownPackages(changes: readonly Change[], { offers = {} }: Facts): readonly string[] {
  const notes: string[] = []
  let isAfterPackage = false
  for (const { resource, operation, guard } of changes) {
    if (operation.op === 'run' || pathOf(operation)?.startsWith('/etc/apt/')) break
    // A guard that is asked later may let it be.
    if (operation.op !== 'package' || guard !== undefined) continue
    for (const { name, version } of operation.packages) {
      const offered = offers[name]
      const problem =
        offered === null
          ? `the package lists of the host have no package ${name}`
          : offered !== undefined && version !== undefined && !offered.includes(version)
            ? `the package lists of the host have no version ${version} of ${name}; they have ${offered.join(', ') || 'none'}`
            : undefined
      if (problem === undefined) continue
      if (isAfterPackage) notes.push(`${resource}: ${problem}, unless a package before it brings others`)
      else {
        const remedy = 'correct it, or declare the source that has it before it, as a file below /etc/apt'
        throw new ResourceConflict(resource, problem, remedy)
      }
    }
    isAfterPackage = true
  }
  return notes
}

/** The packages that are removed besides those that the plan removes. */
export function packagesAlong(
  changes: readonly Change[],
  { packages }: Facts,
  all: readonly Change[] = changes,
): readonly string[] {
  const removed = new Set(all.flatMap(removedBy))
  const along = changes.flatMap(removedBy).flatMap((name) => packages[name]?.takesAlong ?? [])
  return [...new Set(along)].filter((name) => !removed.has(name))
}

function removedBy({ operation }: Change): readonly string[] {
  return operation.op === 'remove-package' ? operation.packages : []
}

function refuseClaimed(
  { resource }: Change,
  along: readonly string[],
  catalog: HostCatalog,
  facts: Facts,
): void {
  const claimOn = claimsOn(catalog, facts)
  for (const name of along) {
    const claim = claimOn({ op: 'remove-package', packages: [name] })
    if (claim === undefined) continue
    throw new ResourceConflict(
      resource,
      `it is still needed: its removal would remove the package ${name}, which ${claim.note === undefined ? 'the spec declares' : 'another cluster declares'}`,
      `keep ${resource} in the spec as long as ${name} is declared`,
    )
  }
}

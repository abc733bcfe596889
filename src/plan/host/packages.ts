import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { OperationTypes } from '../../model/operation.ts'
import { fitsVersion } from '../../model/package-version.ts'
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
    const held = heldAgainst(operation).find((name) => facts.packages[name]?.held)
    if (held !== undefined) {
      throw new ResourceConflict(
        resource,
        `the package ${held} is held at version ${facts.packages[held]?.version}`,
        'release it on the host, declare this version, or declare `hold` to leave that to converge',
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
    if (operation.op === 'run' || isSource(pathOf(operation))) break
    // A guard that is asked later may let it be.
    if (operation.op !== 'package' || guard !== undefined) continue
    for (const { name, version } of operation.packages) {
      const offered = offers[name]
      const problem =
        offered === null
          ? `the package lists of the host have no package ${name}`
          : offered !== undefined &&
              version !== undefined &&
              !offered.some((one) => fitsVersion(one, version))
            ? `the package lists of the host have no version ${version} of ${name}; they have ${offered.join(', ') || 'none'}`
            : undefined
      if (problem === undefined) continue
      if (isAfterPackage) notes.push(`${resource}: ${problem}, unless a package before it brings others`)
      else {
        const remedy = 'correct it, or declare the packageRepository that has it before it'
        throw new ResourceConflict(resource, problem, remedy)
      }
    }
    isAfterPackage = true
  }
  return notes
}

/** The packages of which an operation would change the version, or that it would remove, against a hold of the administrator. */
function heldAgainst(
  operation: OperationTypes['package'] | OperationTypes['remove-package'],
): readonly string[] {
  if (operation.op === 'remove-package') return operation.release ? [] : operation.packages
  return operation.packages.flatMap(({ name, hold }) => (hold === undefined ? [name] : []))
}

/** Where package managers read which sources there are. */
const sources = ['/etc/apt/', '/etc/yum.repos.d/', '/etc/dnf/', '/etc/zypp/', '/etc/apk/']

function isSource(path: string | undefined): boolean {
  return sources.some((directory) => path?.startsWith(directory))
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

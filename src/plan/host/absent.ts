import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import { claimsOn, needsOn } from '../undo/claims-on.ts'
import { keepingGroup } from '../undo/prune.ts'
import { decideByFacts, guardOf } from './guard.ts'

function absentEntries({ entries }: HostCatalog): readonly CatalogEntry[] {
  return entries.filter(({ resource }) => resource.desired.absent === true)
}

/** A user that is to be absent leaves its group of the same name behind, if that is needed. */
export function withGroupsKept(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  if (!changes.some(({ operation }) => operation.op === 'remove-user')) return changes
  const claimOn = claimsOn(catalog, facts)
  return changes.map((change) => {
    const operation = keepingGroup(change.operation, claimOn)
    return operation === change.operation ? change : { ...change, operation }
  })
}

/** Throws a ResourceConflict for what is to be absent and cannot be, or would not be after the run. */
export function refuseStaying(changes: readonly Change[], catalog: HostCatalog, facts: Facts): void {
  const absent = absentEntries(catalog)
  if (absent.length === 0) return
  refuseNeeded(changes, absent, catalog, facts)
  refuseFullDirectories(changes, facts)
  refuseBroughtUnits(changes, absent, facts)
}

function refuseNeeded(
  changes: readonly Change[],
  absent: readonly CatalogEntry[],
  catalog: HostCatalog,
  facts: Facts,
): void {
  const neededBy = needsOn(catalog, facts)
  const ids = new Set(absent.map(({ resource }) => resource.id))
  for (const { resource, operation } of changes) {
    const need = ids.has(resource) ? neededBy(operation) : undefined
    if (need === undefined) continue
    throw new ResourceConflict(
      resource,
      `it cannot be removed: ${need}`,
      'change that first, or remove absent from it',
    )
  }
}

/** Only what the plan itself names is removed with a directory. */
function refuseFullDirectories(changes: readonly Change[], { paths }: Facts): void {
  const removed = new Set<string>()
  for (const { resource, operation, guard } of changes) {
    if (operation.op !== 'remove') continue
    const { path } = operation
    const found = paths[path]
    removed.add(path)
    if (operation.only !== 'directory' || guard !== undefined || found?.type !== 'directory') continue
    const stays = (found.entries ?? []).filter((name) => !removed.has(`${path}/${name}`))
    if (stays.length === 0) continue
    throw new ResourceConflict(
      resource,
      `${path} is not empty: ${namesIn(stays)}`,
      'declare what is in it with absent: true, too, or remove it on the host',
    )
  }
}

const mostNamed = 10

function namesIn(names: readonly string[]): string {
  const more = names.length - mostNamed
  return [...names.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** What a package or a generator brings is there again, whatever is removed beside it. */
function refuseBroughtUnits(changes: readonly Change[], absent: readonly CatalogEntry[], facts: Facts): void {
  // Which files go with a package is not known.
  if (changes.some(({ operation }) => operation.op === 'remove-package')) return
  for (const { resource } of absent) {
    const { id, name, ownsUnit, claims, probes } = resource
    if (ownsUnit === undefined || decideByFacts(guardOf(resource), facts, []) === 'skip') continue
    const file = probes.find(
      (probe) =>
        probe.probe === 'path' &&
        !claims.some(({ key }) => key === probe.path) &&
        (facts.paths[probe.path]?.type ?? 'absent') !== 'absent',
    )
    const state = facts.units[ownsUnit]?.file
    const isMade = state === 'generated' || state === 'transient'
    if (file === undefined && !isMade) continue
    const brought = file?.probe === 'path' ? `its file ${file.path} stays` : `systemd makes it (${state})`
    throw new ResourceConflict(
      id,
      `${name} would not be absent: ${brought}`,
      'declare it with masked: true instead, or what brings it, such as its package, with absent: true',
    )
  }
}

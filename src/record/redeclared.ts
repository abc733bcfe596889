import type { Facts } from '../model/facts.ts'
import type { ManifestEntry } from '../model/manifest.ts'
import { type Change, plainChange } from '../model/plan.ts'
import type { CatalogEntry, HostCatalog, ResourceId } from '../model/resource.ts'
import { desiredDigest } from './digest.ts'
import { entriesByPath, entryAfter, isSkipped, madeOf, pathsOf } from './manifest-entry.ts'

/** Changes that only note in the manifest what the spec declares otherwise now, for a host on which nothing else changes. */
export function redeclared(
  catalog: HostCatalog,
  facts: Facts,
  drops: readonly ManifestEntry[],
  selects: (id: string) => boolean = () => true,
): readonly Change[] {
  const changes = entriesRedeclared(catalog, facts).filter(({ resource }) => selects(resource))
  if (changes.length > 0) return changes
  // An entry that stays would some day undo what was put there since.
  const dropped = drops.filter(({ removal }) => removal.length > 0)
  return dropped.length > 0
    ? dropped.map(({ resource }) => recordChange(resource, 'no longer in the spec, nothing to undo'))
    : renamed(catalog, facts).filter(({ resource }) => selects(resource))
}

/** The host's new name is recorded with any of its changes, or by one of its own. */
function renamed({ host, entries }: HostCatalog, { state }: Facts): readonly Change[] {
  const former = state?.identities?.at(-1)?.name
  const managed = new Set(state?.manifest.map(({ resource }) => resource))
  const resource = entries.map((entry) => entry.resource.id).find((id) => managed.has(id))
  if (former === undefined || former === host || resource === undefined) return []
  const reason = `the host is called ${host} now`
  return [recordChange(resource, reason)]
}

function recordChange(resource: ResourceId, reason: string): Change {
  return { ...plainChange({ resource, operation: { op: 'record' }, reason }), cause: 'spec changed' }
}

function entriesRedeclared({ entries }: HostCatalog, facts: Facts): readonly Change[] {
  const known = new Map((facts.state?.manifest ?? []).map((applied) => [applied.resource, applied]))
  const owners = entriesByPath(known.values())
  const declared = new Set<string>(entries.map(({ resource }) => resource.id))
  const ownerOf = (path: string): ManifestEntry | undefined => owners.get(path)
  return entries.flatMap((entry): readonly Change[] => {
    const { id: resource, desired, isSensitive, relations } = entry.resource
    const last = known.get(resource)
    const isSame =
      last?.desired === desiredDigest(desired) &&
      (last.sensitive ?? false) === isSensitive &&
      last.group === relations.disruption?.group
    // A resource that its guard skips is not managed.
    const isGuarded = relations.onlyIf !== undefined || relations.unless !== undefined
    if (isSame || (last === undefined && isGuarded)) return []
    const previous = pathsOf(entry.resource).flatMap((path) => ownerOf(path) ?? [])
    const taken = previous.find((one) => !declared.has(one.resource))
    const reason =
      last === undefined
        ? (objectReason(entry, facts) ?? (taken && `takes over what ${taken.resource} made`))
        : differences(
            last,
            entryAfter({
              made: madeOf(entry),
              done: [],
              facts,
              last,
              isSkipped: isSkipped(entry, facts),
              ownerOf,
              others: [],
              leaving: [],
            }),
          ).join(', ')
    return reason === undefined || reason === '' ? [] : [recordChange(resource, reason)]
  })
}

/** What the manifest says of a resource besides its state. */
function differences(last: ManifestEntry, now: ManifestEntry): readonly string[] {
  return [
    ...(last.sensitive === now.sensitive ? [] : ['its content is sensitive']),
    ...(isSameObject(last, now) ? [] : ['what is recorded of it is out of date']),
    ...(removalOf(last) === removalOf(now) ? [] : ['what prune would undo has changed']),
    ...(last.group === now.group ? [] : [`its group is ${now.group ?? 'none'}`]),
  ]
}

function isSameObject({ object }: ManifestEntry, now: ManifestEntry): boolean {
  return JSON.stringify(object) === JSON.stringify(now.object)
}

/** Whoever may some day remove an object has a record of it. */
function objectReason({ resource }: CatalogEntry, { platform }: Facts): string | undefined {
  const isObject = !platform.rooted && resource.probes.some(({ probe }) => probe === 'object')
  return isObject ? 'the cluster has it' : undefined
}

/** The order of what is repeated from an older entry does not matter. */
function removalOf({ removal }: ManifestEntry): string {
  return removal
    .map((operation) => JSON.stringify(operation))
    .toSorted()
    .join('\n')
}

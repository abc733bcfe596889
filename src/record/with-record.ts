import type { Facts } from '../model/facts.ts'
import { given } from '../model/given.ts'
import { dropLine, type ManifestEntry, type Member, manifestText, setLine } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, PlannedHost } from '../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../model/resource.ts'
import { causeOf, isConsequence } from './cause.ts'
import { keptBy, originals } from './kept.ts'
import { entryAfter, isExpected, madeOf } from './manifest-entry.ts'
import { redeclared } from './redeclared.ts'
import { lastingOf, undoOfChanges } from './undo-of.ts'

/** Adds the records to a host's plan: what is kept before each change, its manifest lines, its cause, and the undo. */
export function withRecord(
  planned: PlannedHost,
  catalog: HostCatalog,
  {
    drops = [],
    members = [],
  }: { readonly drops?: readonly ManifestEntry[]; readonly members?: readonly Member[] } = {},
): PlannedHost {
  const isOnlyRecord = planned.changes.length === 0
  const plan = isOnlyRecord ? { ...planned, changes: redeclared(catalog, planned.facts) } : planned
  if (plan.changes.length === 0) return planned
  const { facts } = plan
  const generation = (facts.state?.generation ?? 0) + 1
  const known = new Map((facts.state?.manifest ?? []).map((applied) => [applied.resource, applied]))
  const entries = new Map(catalog.entries.map((entry) => [entry.resource.id, entry]))
  const records = new Map<string, string>()
  const removals = new Map<string, readonly Operation[]>()
  for (const entry of catalog.entries) {
    const { id } = entry.resource
    const own = plan.changes.filter((change) => change.resource === id)
    // A resource that its guard skips is not managed.
    if (own.length === 0 && !known.has(id) && isGuarded(entry)) continue
    const applied = entryAfter({
      made: madeOf(entry),
      done: own.filter(isExpected).map(({ operation }) => operation),
      facts,
      last: known.get(id),
    })
    removals.set(id, applied.removal)
    if (JSON.stringify(applied) !== JSON.stringify(known.get(id))) records.set(id, setLine(applied))
  }
  const takeRecord = (id: string): readonly string[] | undefined => {
    const line = records.get(id)
    records.delete(id)
    return line === undefined ? undefined : [line]
  }
  const keptOriginals = new Set<string>()
  const changes = plan.changes.map((change, index): Change => {
    const entry = entries.get(change.resource)
    const last = known.get(change.resource)
    const cause = entry === undefined || isConsequence(change) ? undefined : causeOf(entry, facts, last)
    const first = originals(change, facts, removals.get(change.resource), last)
    const keeps = [
      ...keptBy(change, facts, `generations/${generation}/${index}`),
      // Only before the first change of a path: the second one sees the new content.
      ...first.filter(({ kept }) => !keptOriginals.has(kept)),
    ]
    for (const { kept } of first) keptOriginals.add(kept)
    const lines = takeRecord(change.resource)
    return {
      ...change,
      ...given({
        cause: change.cause ?? cause,
        keeps: keeps.length === 0 ? undefined : keeps,
        records: lines,
      }),
    }
  })
  const rewrite = compacted(facts, known)
  return {
    ...plan,
    changes,
    bookkeeping: {
      generation,
      summary: changes.map(({ resource, reason }) => `${resource}: ${reason}`),
      revert: undoOfChanges(changes, facts, generation),
      records: [...records.values(), ...drops.map(({ resource }) => dropLine(resource))],
      ...given({
        isOnlyRecord: isOnlyRecord ? (true as const) : undefined,
        lasting: lastingOf(changes, facts),
        rewrite,
        name: facts.state?.name === plan.host ? undefined : plan.host,
        members: areSame(members, facts.state?.members ?? []) ? undefined : members,
        hold: facts.state?.held === undefined ? undefined : ('release' as const),
      }),
    },
  }
}

/** Usually the same list object, which is fast to compare. */
function areSame(members: readonly Member[], before: readonly Member[]): boolean {
  return members === before || JSON.stringify(members) === JSON.stringify(before)
}

function isGuarded({ resource: { relations } }: CatalogEntry): boolean {
  return relations.onlyIf !== undefined || relations.unless !== undefined
}

/** The whole manifest, if its log is long or its last line torn. */
function compacted(facts: Facts, known: ReadonlyMap<string, ManifestEntry>): string | undefined {
  const { manifestLines = 0, manifestNeedsRewrite = false } = facts.state ?? {}
  return manifestNeedsRewrite || manifestLines > 2 * known.size + 50
    ? manifestText([...known.values()])
    : undefined
}

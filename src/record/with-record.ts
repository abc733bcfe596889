import type { Facts, PendingNotification } from '../model/facts.ts'
import { given } from '../model/given.ts'
import {
  dropLine,
  identityOf,
  type ManifestEntry,
  type Member,
  manifestText,
  setLine,
} from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, Kept, PlannedHost } from '../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../model/resource.ts'
import { isEdit, kindMadeBy, pathOf, rulesOf } from '../operations/index.ts'
import { causeOf, isConsequence } from './cause.ts'
import { identitiesAfter } from './identities.ts'
import { keptBy, originals } from './kept.ts'
import { entriesByPath, entryAfter, isExpected, isSkipped, madeOf, withoutPaths } from './manifest-entry.ts'
import { redeclared } from './redeclared.ts'
import { lastingOf, undoOfChanges } from './undo-of.ts'

export interface Leaving {
  /** Entries that are dropped without any operation. */
  readonly drops?: readonly ManifestEntry[]
  /** By resource that stays: the paths that it no longer makes and that need no operation. */
  readonly moved?: ReadonlyMap<string, readonly string[]>
  readonly members?: readonly Member[]
  /** Whether a resource is recorded, if only some are. */
  readonly selects?: (id: string) => boolean
  /** What stays pending. */
  readonly leaves?: readonly PendingNotification[]
}

/** Adds the records to a host's plan: what is kept before each change, its manifest lines, its cause, and the undo. */
export function withRecord(
  planned: PlannedHost,
  catalog: HostCatalog,
  { drops = [], moved = new Map(), members = [], selects = () => true, leaves = [] }: Leaving = {},
): PlannedHost {
  const isOnlyRecord = planned.changes.length === 0
  const plan = isOnlyRecord
    ? { ...planned, changes: redeclared(catalog, planned.facts, drops, selects) }
    : planned
  if (plan.changes.length === 0) return planned
  const { facts } = plan
  const generation = (facts.state?.generation ?? 0) + 1
  const known = new Map((facts.state?.manifest ?? []).map((applied) => [applied.resource, applied]))
  const entries = new Map(catalog.entries.map((entry) => [entry.resource.id, entry]))
  const owners = entriesByPath(known.values())
  const others = [...known.values(), ...(facts.state?.others ?? []).flatMap(({ manifest }) => manifest)]
  const leaving = [...known.values()].filter(({ resource }) => !entries.has(resource))
  // What these kept of a file of which another resource takes over a part stays as it is.
  const taken = new Set(
    leaving.flatMap(({ removal }) => removal.filter(isEdit).map((one) => JSON.stringify(one))),
  )
  const records = new Map<string, string>()
  const strikes = new Map<Change, string[]>()
  // After the change by which another resource takes a path over, so that a kill does not lose how that began.
  const takeover = (id: string, paths: readonly string[]): Change | undefined =>
    plan.changes.findLast(
      ({ resource, operation }) => resource !== id && paths.includes(pathOf(operation) ?? ''),
    )
  const strikeAfter = (change: Change, line: string): void => {
    strikes.set(change, [...(strikes.get(change) ?? []), line])
  }
  const removals = new Map<string, readonly Operation[]>()
  for (const entry of catalog.entries) {
    const { id } = entry.resource
    if (!selects(id)) continue
    const own = plan.changes.filter((change) => change.resource === id)
    // A resource that its guard skips is not managed.
    if (own.length === 0 && !known.has(id) && isGuarded(entry)) continue
    const last = known.get(id)
    const made = madeOf(entry)
    const left = Object.keys(last?.paths ?? {}).filter((path) => !made.paths.includes(path))
    const pruning = own.filter(({ operation }) => left.includes(pathOf(operation) ?? ''))
    const dropped = moved.get(id) ?? []
    const late = dropped.filter((path) => takeover(id, [path]) !== undefined)
    const entryWithout = (paths: readonly string[], done = own.filter(isExpected)): ManifestEntry =>
      entryAfter({
        made,
        done: done.map(({ operation }) => operation),
        facts,
        last: last && withoutPaths(last, paths),
        isSkipped: own.length === 0 && isSkipped(entry, facts),
        ownerOf: (path) => owners.get(path),
        others,
        leaving,
      })
    let applied = entryWithout(dropped.filter((path) => !late.includes(path)))
    // Only after the removal, so that a kill does not lose it.
    const final = plan.changes.findLast((change) => pruning.includes(change) || change === takeover(id, late))
    if (final !== undefined) {
      const pruned = pruning.flatMap(({ operation }) => pathOf(operation) ?? [])
      strikeAfter(final, setLine(entryWithout([...dropped, ...pruned])))
    }
    // Only the host knows whether the path that it waits for comes to be.
    const awaiting = own.find(({ guard }) => guard?.exists !== undefined)
    if (awaiting !== undefined) strikeAfter(awaiting, setLine(entryWithout(dropped, own)))
    // A password that was not set is tried again: no API tells.
    const setting = own.findLast(({ operation }) => operation.op === 'etcd-user' && operation.password)
    if (setting !== undefined) {
      strikeAfter(setting, setLine(applied))
      applied = { ...applied, ...given({ object: withoutSecret(applied, last) }) }
    }
    removals.set(id, applied.removal)
    if (JSON.stringify(applied) !== JSON.stringify(known.get(id))) records.set(id, setLine(applied))
  }
  const dropsAtOnce = drops.flatMap((dropped): readonly string[] => {
    const line = dropLine(dropped.resource)
    const { resource, paths, part } = dropped
    const change = takeover(resource, [...Object.keys(paths), ...(part === undefined ? [] : [part.path])])
    if (change === undefined) return [line]
    strikeAfter(change, line)
    return []
  })
  const takeRecord = (id: string): readonly string[] | undefined => {
    const line = records.get(id)
    records.delete(id)
    return line === undefined ? undefined : [line]
  }
  const isRenewed = inRenewedTree(plan.changes)
  const keptOriginals = new Set<string>()
  const changes = plan.changes.map((change, index): Change => {
    const entry = entries.get(change.resource)
    const last = known.get(change.resource)
    const path = pathOf(change.operation) ?? ''
    const found =
      entry === undefined || isConsequence(change) ? undefined : causeOf(entry, change, facts, last)
    const cause = found === 'host changed' && isRenewed(path) ? undefined : found
    const holder =
      last !== undefined && (isEdit(change.operation) || path in last.paths) ? last : owners.get(path)
    const own = removals.get(change.resource)?.filter((one) => !taken.has(JSON.stringify(one)))
    const first = originals(change, facts, own, holder)
    const keeps = [
      ...keptBy(change, facts, `generations/${generation}/${index}`),
      // Only before the first change of a path: the second one sees the new content.
      ...first.filter(({ kept }) => !keptOriginals.has(kept)),
    ]
    for (const { kept } of first) keptOriginals.add(kept)
    const lines = takeRecord(change.resource)
    const struck = [...(change.strikes ?? []), ...(strikes.get(change) ?? [])]
    return {
      ...change,
      ...given({
        cause: change.cause ?? cause,
        keeps: keeps.length === 0 ? undefined : keeps,
        records: lines,
        strikes: struck.length === 0 ? undefined : struck,
      }),
    }
  })
  const rewrite = compacted(facts, known)
  const own = members.find(({ name }) => name === plan.host)
  return {
    ...plan,
    changes: keepingInTime(changes),
    bookkeeping: {
      generation,
      summary: changes.map(
        ({ resource, operation }) => `${rulesOf(operation).words(operation, facts)} (${resource})`,
      ),
      revert: undoOfChanges(changes, facts, generation),
      records: [...records.values(), ...dropsAtOnce],
      ...given({
        isOnlyRecord: isOnlyRecord ? (true as const) : undefined,
        lasting: lastingOf(changes, facts),
        rewrite,
        leaves: leaves.length === 0 ? undefined : leaves,
        identities: own && identitiesAfter(identityOf(own), facts.state?.identities),
        members: areSame(members, facts.state?.members ?? []) ? undefined : members,
        hold: facts.state?.held === undefined ? undefined : ('release' as const),
      }),
    },
  }
}

/** The record of an object with the secret that it has had so far. */
function withoutSecret({ object }: ManifestEntry, last: ManifestEntry | undefined): ManifestEntry['object'] {
  if (object === undefined) return undefined
  const { secret: _, ...rest } = object
  return { ...rest, ...given({ secret: last?.object?.secret }) }
}

/** Whether a path lies in a tree that a change replaces, so that the host did not change. */
function inRenewedTree(changes: readonly Change[]): (path: string) => boolean {
  const trees = changes.filter(({ operation }) => kindMadeBy(operation) === 'tree')
  return (path) => trees.some(({ operation }) => path.startsWith(`${pathOf(operation)}/`))
}

/** What lies in the tree of an archive is kept before another tree takes its place. */
function keepingInTime(changes: readonly Change[]): readonly Change[] {
  const trees = changes.filter(({ operation }) => kindMadeBy(operation) === 'tree')
  if (trees.length === 0) return changes
  const treeOf = ({ path }: Kept): Change | undefined =>
    trees.find(({ operation }) => path.startsWith(`${pathOf(operation)}/`))
  const early = changes.flatMap(({ keeps = [] }) => keeps.filter((kept) => treeOf(kept) !== undefined))
  return changes.map((change) => {
    const { keeps: _, ...rest } = change
    const keeps = [
      ...(change.keeps ?? []).filter((kept) => !early.includes(kept)),
      ...early.filter((kept) => treeOf(kept) === change),
    ]
    return keeps.length === 0 ? rest : { ...change, keeps }
  })
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

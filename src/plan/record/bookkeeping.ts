import { createHash } from 'node:crypto'
import type { Facts, PathFact } from '../../model/facts.ts'
import {
  type Found,
  type ManifestEntry,
  type Member,
  manifestText,
  setLine,
  type Undo,
} from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change, HostPlan, Kept } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog, Resource } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import type { Value } from '../../model/value.ts'
import { appliedState } from '../../operations/applied-state.ts'
import { inReverse, pathOf, rulesOf, stateAfter } from '../../operations/index.ts'
import { setsUnitState } from '../../operations/units.ts'
import { beforeConverge, findAtFirst } from './found.ts'

type PlannedHost = Extract<HostPlan, { status: 'planned' }>

/**
 * Adds to a host's plan how it is recorded: what is kept before each change, the manifest lines around it, who caused
 * it, and the generation with the operations that take it back.
 */
export function withBookkeeping(
  plan: PlannedHost,
  catalog: HostCatalog,
  {
    drops = [],
    members = [],
  }: { readonly drops?: readonly string[]; readonly members?: readonly Member[] } = {},
): PlannedHost {
  if (plan.changes.length === 0) return plan
  const { facts } = plan
  const generation = (facts.state?.generation ?? 0) + 1
  const known = new Map((facts.state?.manifest ?? []).map((applied) => [applied.resource, applied]))
  const entries = new Map(catalog.entries.map((entry) => [entry.resource.id, entry]))
  const records = new Map<string, string>()
  const removals = new Map<string, readonly Operation[]>()
  for (const entry of catalog.entries) {
    const { id } = entry.resource
    const own = plan.changes.filter((change) => change.resource === id)
    // A resource that its guard leaves alone is not ours.
    if (own.length === 0 && !known.has(id) && isGuarded(entry)) continue
    const applied = appliedAfter(entry, own, facts, known.get(id))
    removals.set(id, applied.removal)
    if (JSON.stringify(applied) !== JSON.stringify(known.get(id))) records.set(id, setLine(applied))
  }
  const takeRecord = (id: string): string[] => {
    const line = records.get(id)
    records.delete(id)
    return line === undefined ? [] : [line]
  }
  const changes = plan.changes.map((change, index): Change => {
    const entry = entries.get(change.resource)
    const cause =
      entry === undefined || isConsequence(change)
        ? undefined
        : causeOf(entry, facts, known.get(change.resource))
    const keeps = [
      ...keptBy(change, facts, `generations/${generation}/${index}`),
      ...originals(change, facts, removals.get(change.resource), known.get(change.resource)),
    ]
    const lines = takeRecord(change.resource)
    return {
      ...change,
      ...(cause === undefined ? {} : { cause }),
      ...(keeps.length === 0 ? {} : { keeps }),
      ...(lines.length === 0 ? {} : { records: lines }),
    }
  })
  const rewrite = compacted(facts, known)
  return {
    ...plan,
    changes,
    bookkeeping: {
      generation,
      summary: changes.map(({ resource, reason }) => `${resource}: ${reason}`),
      revert: revertOf(changes, facts, generation),
      records: [...records.values(), ...drops],
      ...(rewrite === undefined ? {} : { rewrite }),
      ...(areSame(members, facts.state?.members ?? []) ? {} : { members }),
      ...(facts.state?.held === undefined ? {} : { hold: 'release' as const }),
    },
  }
}

/** Mostly it is the very same list; otherwise to compare them takes as long as they are. */
function areSame(members: readonly Member[], before: readonly Member[]): boolean {
  return members === before || JSON.stringify(members) === JSON.stringify(before)
}

function isGuarded({ resource: { relations } }: CatalogEntry): boolean {
  return relations.onlyIf !== undefined || relations.unless !== undefined
}

/** SHA-256 over a desired state, whatever the order of its keys. */
export function desiredDigest(desired: Value): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(desired)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

function ownPaths({ resource }: CatalogEntry): readonly string[] {
  return resource.claims.filter(({ kind }) => kind === 'path').map(({ key }) => key)
}

function appliedAfter(
  entry: CatalogEntry,
  changes: readonly Change[],
  facts: Facts,
  last: ManifestEntry | undefined,
): ManifestEntry {
  const { resource } = entry
  const paths = ownPaths(entry).map((path): [string, string] => {
    const before = facts.paths[path] ?? { type: 'absent' }
    const states = changes.flatMap(({ operation }) => stateAfter(operation, path, before) ?? [])
    return [path, states.at(-1) ?? appliedState(before)]
  })
  const states = Object.fromEntries(paths)
  const found = last === undefined ? findAtFirst(resource.probes, facts) : last.found
  const adopted = ownPaths(entry).some((path) => (facts.paths[path] ?? { type: 'absent' }).type !== 'absent')
  return {
    resource: resource.id,
    origin: last?.origin ?? (adopted ? 'adopted' : 'created'),
    desired: desiredDigest(resource.desired),
    paths: states,
    removal: removalOf(entry, { states, changes, last, found }, facts),
    ...(resource.desired.sensitive === true ? { sensitive: true } : {}),
    ...(found === undefined ? {} : { found }),
    ...(resource.relations.disruption === undefined ? {} : { group: resource.relations.disruption.group }),
  }
}

/** A resource about to be applied: the states that its paths will have, and what is known of it. */
interface Applying {
  readonly states: ManifestEntry['paths']
  readonly changes: readonly Change[]
  readonly last: ManifestEntry | undefined
  readonly found: Found | undefined
}

/** What takes the whole resource back: what was there at first is restored, what was not goes. */
function removalOf(
  { resource }: CatalogEntry,
  { states, changes, last, found }: Applying,
  facts: Facts,
): readonly Operation[] {
  const before = found === undefined ? facts : beforeConverge(found, facts)
  const everything = [
    ...resource.steps(supposedFacts(resource.probes, 'inactive')),
    ...changes.filter(setsUnit),
  ]
  const taken = everything.flatMap(({ operation }): readonly Operation[] => {
    const { inverse } = rulesOf(operation)
    const path = pathOf(operation)
    if (path === undefined) return inverse(operation, before, '')
    if (!(path in states)) return []
    const recorded = last?.removal.filter((one) => pathOf(one) === path) ?? []
    if (recorded.length > 0) return recorded
    // As it was when converge came: nothing to take back.
    const first = last?.paths[path] ?? appliedState(facts.paths[path] ?? { type: 'absent' })
    return states[path] === first ? [] : inverse(operation, facts, originalOf(path))
  })
  const ofUnits = (last?.removal ?? []).filter(({ op }) => op === 'unit')
  // A path that is written and removed again is still taken back once.
  const once = new Map(
    [...taken, ...ofUnits, ...endsWithItsFile(resource, taken)].map((one) => [JSON.stringify(one), one]),
  )
  return inReverse([...once.values()], (operation) => operation)
}

/** Whether a change leaves a unit in another state, not only its processes. */
function setsUnit({ operation }: Change): boolean {
  return operation.op === 'unit' && setsUnitState(operation.action)
}

/** A unit whose file goes does not go on without it, whoever started or enabled it. */
function endsWithItsFile({ kind, name }: Resource, taken: readonly Operation[]): readonly Operation[] {
  const goes = taken.some((one) => one.op === 'remove' && one.path.endsWith(`/${name}`))
  if (kind !== 'unit' || !goes) return []
  return [
    { op: 'unit', unit: name, action: 'disable' },
    { op: 'unit', unit: name, action: 'stop' },
  ]
}

/** Where the first content of an adopted path is kept, for as long as the resource is in the manifest. */
function originalOf(path: string): string {
  return `originals/${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
}

/** The file that an operation replaces, kept under this name. */
export function keptBy({ operation }: Change, facts: Facts, kept: string): readonly Kept[] {
  const path = pathOf(operation)
  const isReplaced = path !== undefined && rulesOf(operation).replacesFile
  return isReplaced && facts.paths[path]?.type === 'file' ? [{ path, kept }] : []
}

/** What a removal will restore is kept when that removal is first recorded. */
function originals(
  { operation }: Change,
  facts: Facts,
  removal: readonly Operation[] | undefined,
  last: ManifestEntry | undefined,
): readonly Kept[] {
  const path = pathOf(operation)
  if (path === undefined || facts.paths[path]?.type !== 'file') return []
  const restores = (one: Operation): boolean =>
    one.op === 'restore' && one.path === path && one.kept === originalOf(path)
  return removal?.some(restores) === true && last?.removal.some(restores) !== true
    ? [{ path, kept: originalOf(path), ...(rulesOf(operation).replacesFile ? {} : { staysInPlace: true }) }]
    : []
}

/** What answers to a notification, or follows another change, has its cause there. A start only absorbs what is owed. */
function isConsequence({ operation, settles }: Change): boolean {
  if (operation.op === 'await' || operation.op === 'daemon-reload') return true
  return (
    settles.some(({ action }) => action !== 'daemon-reload') &&
    !(operation.op === 'unit' && operation.action === 'start')
  )
}

/** Whether the spec, somebody on the host, or both moved since the last apply. */
function causeOf(entry: CatalogEntry, facts: Facts, last: ManifestEntry | undefined): Change['cause'] {
  if (last === undefined) return undefined
  const spec = last.desired !== desiredDigest(entry.resource.desired)
  const path = Object.entries(last.paths).some(
    ([name, state]) => name in facts.paths && stateNow(facts.paths[name]) !== state,
  )
  const host = path || !spec
  if (spec && host) return 'spec and host changed'
  return spec ? 'spec changed' : 'host changed'
}

function stateNow(fact: PathFact | undefined): string {
  return appliedState(fact ?? { type: 'absent' })
}

/** What takes the apply back: each change's inverse in reverse order, what restarted restarts once more at the end. */
export function revertOf(changes: readonly Change[], facts: Facts, generation: number): readonly Undo[] {
  const inverses = changes.flatMap(({ resource, operation }, index) =>
    rulesOf(operation)
      .inverse(operation, facts, `generations/${generation}/${index}`)
      .map((back): Undo => ({ resource, operation: back })),
  )
  return inReverse(inverses, ({ operation }) => operation)
}

/** The manifest in few lines, where its log has grown long or its last line is torn. */
function compacted(facts: Facts, known: ReadonlyMap<string, ManifestEntry>): string | undefined {
  const { manifestLines = 0, manifestTorn = false } = facts.state ?? {}
  return manifestTorn || manifestLines > 2 * known.size + 50 ? manifestText([...known.values()]) : undefined
}

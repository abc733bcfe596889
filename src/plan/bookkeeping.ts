import { createHash } from 'node:crypto'
import type { Facts, PathFact } from '../model/facts.ts'
import { type Applied, type Member, manifestText, type Reverting, setLine } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, HostPlan } from '../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../model/resource.ts'
import { supposedFacts } from '../model/supposed-facts.ts'
import type { Value } from '../model/value.ts'
import { appliedState, stateAfter } from './applied-state.ts'
import { inReverse, inverse } from './inverse.ts'

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
  for (const entry of catalog.entries) {
    const { id } = entry.resource
    const own = plan.changes.filter((change) => change.resource === id)
    // A resource that its guard leaves alone is not ours.
    if (own.length === 0 && !known.has(id) && isGuarded(entry)) continue
    const applied = appliedAfter(entry, own, facts, known.get(id))
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
      ...originals(change, facts, known),
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
  last: Applied | undefined,
): Applied {
  const { resource } = entry
  const paths = ownPaths(entry).map((path): [string, string] => {
    const before = facts.paths[path] ?? { type: 'absent' }
    const states = changes.flatMap(({ operation }) => stateAfter(operation, path, before) ?? [])
    return [path, states.at(-1) ?? appliedState(before)]
  })
  const adopted = ownPaths(entry).some((path) => (facts.paths[path] ?? { type: 'absent' }).type !== 'absent')
  return {
    resource: resource.id,
    origin: last?.origin ?? (adopted ? 'adopted' : 'created'),
    desired: desiredDigest(resource.desired),
    paths: Object.fromEntries(paths),
    removal: removalOf(entry, changes, facts, last),
    ...(resource.relations.disruption === undefined ? {} : { group: resource.relations.disruption.group }),
  }
}

/** What takes the whole resource back: what was there at first is restored, what was not goes. */
function removalOf(
  entry: CatalogEntry,
  changes: readonly Change[],
  facts: Facts,
  last: Applied | undefined,
): readonly Operation[] {
  const mine = new Set(ownPaths(entry))
  const everything = entry.resource.steps(supposedFacts(entry.resource.probes, 'inactive'))
  const taken = everything.flatMap(({ operation }): readonly Operation[] => {
    if ('path' in operation) {
      const { path } = operation
      if (!mine.has(path)) return []
      if (last !== undefined && path in last.paths)
        return last.removal.filter((one) => 'path' in one && one.path === path)
      const touched = changes.some((change) => 'path' in change.operation && change.operation.path === path)
      // Right from the start and never touched: nothing to take back.
      return touched ? inverse(operation, facts, originalOf(path)) : []
    }
    if (last !== undefined)
      return last.removal.filter((one) => one.op === inverseKind(operation) && sameSubject(one, operation))
    return inverse(operation, facts, '')
  })
  // A path that is written and removed again is still taken back once.
  const once = new Map(taken.map((operation) => [JSON.stringify(operation), operation]))
  return inReverse([...once.values()], (operation) => operation)
}

function inverseKind(operation: Operation): Operation['op'] {
  switch (operation.op) {
    case 'package':
      return 'remove-package'
    case 'user':
      return 'remove-user'
    case 'group':
      return 'remove-group'
    default:
      return operation.op
  }
}

const opposites: Readonly<Record<string, string>> = {
  start: 'stop',
  enable: 'disable',
  mask: 'unmask',
  unmask: 'mask',
}

function sameSubject(one: Operation, operation: Operation): boolean {
  if (one.op === 'unit' && operation.op === 'unit') return one.action === opposites[operation.action]
  return true
}

/** Where the first content of an adopted path is kept, for as long as the resource is in the manifest. */
function originalOf(path: string): string {
  return `originals/${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
}

function keptBy({ operation }: Change, facts: Facts, kept: string): { path: string; kept: string }[] {
  if (!replacesFile(operation) || facts.paths[operation.path]?.type !== 'file') return []
  return [{ path: operation.path, kept }]
}

function originals(
  change: Change,
  facts: Facts,
  known: ReadonlyMap<string, Applied>,
): { path: string; kept: string }[] {
  const { operation, resource } = change
  if (!replacesFile(operation) || facts.paths[operation.path]?.type !== 'file') return []
  if (known.get(resource)?.paths[operation.path] !== undefined) return []
  return [{ path: operation.path, kept: originalOf(operation.path) }]
}

function replacesFile(
  operation: Operation,
): operation is Extract<Operation, { op: 'write' | 'remove' | 'restore' }> {
  return operation.op === 'write' || operation.op === 'remove' || operation.op === 'restore'
}

/** What answers to a notification, or follows another change, has its cause there. A start only absorbs what is owed. */
function isConsequence({ operation, settles }: Change): boolean {
  if (operation.op === 'await' || operation.op === 'daemon-reload') return true
  return settles.length > 0 && !(operation.op === 'unit' && operation.action === 'start')
}

/** Whether the spec, somebody on the host, or both moved since the last apply. */
function causeOf(entry: CatalogEntry, facts: Facts, last: Applied | undefined): Change['cause'] {
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
export function revertOf(changes: readonly Change[], facts: Facts, generation: number): readonly Reverting[] {
  const inverses = changes.flatMap(({ resource, operation }, index) =>
    inverse(operation, facts, `generations/${generation}/${index}`).map(
      (back): Reverting => ({ resource, operation: back }),
    ),
  )
  return inReverse(inverses, ({ operation }) => operation)
}

function compacted(facts: Facts, known: ReadonlyMap<string, Applied>): string | undefined {
  const lines = facts.state?.manifestLines ?? 0
  return lines > 2 * known.size + 50 ? manifestText([...known.values()]) : undefined
}

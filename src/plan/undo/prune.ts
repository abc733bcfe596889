import type { Facts, PathFact, Probe, UnitFact } from '../../model/facts.ts'
import { type Applied, dropLine } from '../../model/manifest.ts'
import type { Operation, Ownership, UnitAction } from '../../model/operation.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { appliedState } from '../record/applied-state.ts'

/** The manifest's resources that are no longer in the catalog, the last applied first. */
export function leftBehind(catalog: HostCatalog, facts: Facts): readonly Applied[] {
  const wanted = new Set<string>(catalog.entries.map(({ resource }) => resource.id))
  return (facts.state?.manifest ?? []).filter(({ resource }) => !wanted.has(resource)).toReversed()
}

/** What must be asked of the host before these resources can be pruned. */
export function pruneProbes(applied: readonly Applied[]): readonly Probe[] {
  return applied.flatMap(({ paths, removal }) => [
    ...Object.keys(paths).map((path): Probe => ({ probe: 'path', path })),
    ...removal.flatMap(subjectProbes),
  ])
}

/** What tells whether an operation that takes something back is needed, and what there is to come back to. */
export function subjectProbes(operation: Operation): readonly Probe[] {
  switch (operation.op) {
    case 'unit':
      return [{ probe: 'unit', unit: operation.unit }]
    case 'user':
    case 'remove-user':
      return [{ probe: 'user', name: operation.name }]
    case 'group':
    case 'remove-group':
      return [{ probe: 'group', name: operation.name }]
    case 'package':
    case 'remove-package':
      return operation.packages.map((name) => ({ probe: 'package', name }))
    default:
      return 'path' in operation ? [{ probe: 'path', path: operation.path }] : []
  }
}

/** What the prune does before and behind the other changes: units stop first, what they used goes last. */
export interface Prune {
  readonly first: readonly Change[]
  readonly last: readonly Change[]
}

/** Takes back what left the catalog: what converge created goes, what it adopted gets its original back. */
export function prune(catalog: HostCatalog, facts: Facts): Prune {
  const claimed = claimsOf(catalog)
  const first: Change[] = []
  const last: Change[] = []
  for (const applied of leftBehind(catalog, facts)) {
    const open = applied.removal.filter(
      (operation) => !isClaimed(operation, claimed) && !isForeign(operation, applied, facts),
    )
    const needed = open.filter((operation) => isNeeded(operation, facts))
    const operations = needed.length > 0 ? needed : open.filter((one) => isRepeatable(one, facts)).slice(-1)
    const changes = strikingLast(
      applied,
      operations.map((operation) => pruneChange(applied, operation, facts)),
    )
    first.push(...changes.filter(({ operation }) => ends(operation)))
    last.push(...changes.filter(({ operation }) => !ends(operation)))
  }
  return { first, last }
}

function claimsOf({ entries }: HostCatalog): ReadonlySet<string> {
  return new Set(entries.flatMap(({ resource }) => resource.claims.map(({ kind, key }) => `${kind} ${key}`)))
}

function isClaimed(operation: Operation, claimed: ReadonlySet<string>): boolean {
  if (operation.op === 'unit') return claimed.has(`unit ${operation.unit}`)
  return 'path' in operation && claimed.has(`path ${operation.path}`)
}

/** What prune leaves where it is although its resource left the catalog, one sentence each. */
export function leftAlone(catalog: HostCatalog, facts: Facts): readonly string[] {
  const claimed = claimsOf(catalog)
  return leftBehind(catalog, facts).flatMap((applied) =>
    applied.removal.flatMap((operation) =>
      'path' in operation && !isClaimed(operation, claimed) && isForeign(operation, applied, facts)
        ? [`${operation.path} stays: it is not what converge made there for ${applied.resource}`]
        : [],
    ),
  )
}

/** Whether another kind of thing stands at the path than converge made, or tried to make: that is somebody else's. */
function isForeign(operation: Operation, { paths }: Applied, facts: Facts): boolean {
  if (!('path' in operation)) return false
  const [kind] = (paths[operation.path] ?? '').split(' ')
  const live = facts.paths[operation.path]?.type ?? 'absent'
  return live !== 'absent' && live !== kind
}

/** Whether an operation is not done already: a prune or rollback that was interrupted goes on where it stopped. */
export function isNeeded(operation: Operation, facts: Facts): boolean {
  const fact = 'path' in operation ? facts.paths[operation.path] : undefined
  switch (operation.op) {
    case 'remove':
      return fact?.type !== 'absent'
    case 'restore':
      return fact?.type !== 'file' || fact.sha256 !== operation.sha256 || !hasOwnership(operation, fact)
    case 'attributes':
      return fact === undefined || fact.type === 'absent' || !hasOwnership(operation, fact)
    case 'mkdir':
      return fact?.type !== 'directory' || !hasOwnership(operation, fact)
    case 'link':
      return fact?.type !== 'link' || fact.target !== operation.target
    case 'unit':
      return isActionNeeded(operation.action, facts.units[operation.unit])
    case 'user':
      return facts.users[operation.name] === null
    case 'remove-user':
      return facts.users[operation.name] !== null
    case 'group':
      return facts.groups[operation.name] === null
    case 'remove-group':
      return facts.groups[operation.name] !== null
    case 'package':
      return operation.packages.some((name) => facts.packages[name] === null)
    case 'remove-package':
      return operation.packages.some((name) => facts.packages[name] !== null)
    default:
      return true
  }
}

/**
 * What is done already, by somebody's hand or by a run that was killed before it could note so, is done once more so
 * that the entry leaves the manifest: an entry that stayed would some day be pruned over what somebody put there since.
 */
function isRepeatable(operation: Operation, facts: Facts): boolean {
  if (operation.op === 'unit') return (facts.units[operation.unit]?.load ?? 'not-found') !== 'not-found'
  return 'path' in operation || operation.op.startsWith('remove-')
}

function hasOwnership({ mode, owner, group }: Ownership, fact: PathFact): boolean {
  if (!('mode' in fact) || fact.mode !== mode) return false
  // An id without a name is remembered by its number.
  const isOwner = fact.owner === owner || String(fact.uid) === owner
  return isOwner && (fact.group === group || String(fact.gid) === group)
}

function isActionNeeded(action: UnitAction, unit: UnitFact | undefined): boolean {
  const exists = unit !== undefined && unit.load !== 'not-found'
  switch (action) {
    case 'stop':
      return exists && unit.active !== 'inactive' && unit.active !== 'failed'
    case 'disable':
      return exists && unit.file === 'enabled'
    case 'start':
      return !exists || unit.active !== 'active'
    case 'enable':
      return !exists || unit.file !== 'enabled'
    default:
      return true
  }
}

function pruneChange(applied: Applied, operation: Operation, facts: Facts): Change {
  const path = 'path' in operation ? operation.path : undefined
  const state = path === undefined ? undefined : facts.paths[path]
  const edited = path !== undefined && state !== undefined && appliedState(state) !== applied.paths[path]
  return {
    resource: applied.resource,
    operation:
      applied.sensitive === true && isShown(operation) ? { ...operation, sensitive: true } : operation,
    reason: 'no longer in the spec',
    ...(edited ? { cause: 'spec and host changed' as const } : {}),
    expects: path === undefined || state === undefined ? [] : [{ path, state }],
    owes: [],
    settles: [],
  }
}

/** Whether it ends something that may still use what goes; what begins again comes behind what comes back. */
function ends(operation: Operation): boolean {
  return operation.op === 'unit' && ['stop', 'disable'].includes(operation.action)
}

/** Whether a diff or a checksum could tell of its content. */
function isShown(operation: Operation): operation is Extract<Operation, { op: 'remove' | 'restore' }> {
  return operation.op === 'remove' || operation.op === 'restore'
}

/** The entry leaves the manifest behind its last operation. */
function strikingLast(applied: Applied, changes: readonly Change[]): readonly Change[] {
  const ordered = changes.toSorted((a, b) => Number(ends(b.operation)) - Number(ends(a.operation)))
  const final = ordered.at(-1)
  return ordered.map((change) =>
    change === final ? { ...change, strikes: [dropLine(applied.resource)] } : change,
  )
}

/** Manifest lines for entries that leave it without any operation. */
export function silentDrops(catalog: HostCatalog, facts: Facts, pruned: Prune): readonly string[] {
  const struck = new Set([...pruned.first, ...pruned.last].flatMap(({ strikes = [] }) => strikes))
  return leftBehind(catalog, facts)
    .map(({ resource }) => dropLine(resource))
    .filter((line) => !struck.has(line))
}

import type { Facts, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { dropLine, type ManifestEntry } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { type Change, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { appliedState } from '../../operations/applied-state.ts'
import { expectNow, pathOf, rulesOf } from '../../operations/index.ts'
import { claimsOn } from './claims-on.ts'
import { isLost, lostContent } from './kept-content.ts'

/** The manifest's resources that are no longer in the catalog, the last applied first. */
export function leftBehind(catalog: HostCatalog, facts: Facts): readonly ManifestEntry[] {
  const wanted = new Set<string>(catalog.entries.map(({ resource }) => resource.id))
  return (facts.state?.manifest ?? []).filter(({ resource }) => !wanted.has(resource)).toReversed()
}

/** What must be asked of the host before these resources can be pruned. */
export function pruneProbes(applied: readonly ManifestEntry[]): readonly Probe[] {
  return applied.flatMap(({ paths, removal }) => [
    ...Object.keys(paths).map((path): Probe => ({ probe: 'path', path })),
    ...removal.flatMap((operation) => rulesOf(operation).probes(operation)),
  ])
}

/** The prune before and after the other changes: units stop first, what they used is removed last. */
export interface Prune {
  readonly first: readonly Change[]
  readonly last: readonly Change[]
}

/** Undoes resources that are no longer in the catalog: removes what converge created, restores what it adopted. */
export function prune(catalog: HostCatalog, facts: Facts): Prune {
  const claimOn = claimsOn(catalog, facts)
  const first: Change[] = []
  const last: Change[] = []
  for (const applied of leftBehind(catalog, facts)) {
    const open = applied.removal.filter(
      (operation) =>
        claimOn(operation) === undefined &&
        !isForeign(operation, applied, facts) &&
        !isLost(operation, facts),
    )
    const needed = open.filter((operation) => rulesOf(operation).isNeeded(operation, facts))
    // What was already removed, by hand or by a killed run, is removed again to drop its entry from the manifest: a
    // remaining entry would later prune something new at that path.
    const repeatable = open.filter((operation) => rulesOf(operation).isRepeatable(operation, facts))
    const operations = needed.length > 0 ? needed : repeatable.slice(-1)
    const changes = strikingLast(
      applied,
      operations.map((operation) => pruneChange(applied, operation, facts)),
    )
    first.push(...changes.filter(({ operation }) => ends(operation)))
    last.push(...changes.filter(({ operation }) => !ends(operation)))
  }
  return { first, last }
}

/** Notes on what prune keeps. */
export function leftAlone(catalog: HostCatalog, facts: Facts): readonly string[] {
  const claimOn = claimsOn(catalog, facts)
  const notes = leftBehind(catalog, facts).flatMap((applied) =>
    applied.removal.flatMap((operation): readonly string[] => {
      const claim = claimOn(operation)
      if (claim !== undefined) return claim.note === undefined ? [] : [claim.note]
      if (isLost(operation, facts)) return [`${pathOf(operation)} stays as it is: ${lostContent}`]
      if (!isForeign(operation, applied, facts)) return []
      return [`kept ${pathOf(operation)}: it is no longer what converge created for ${applied.resource}`]
    }),
  )
  return [...new Set(notes)]
}

/** Whether the path holds another type of file than converge created, or tried to create. */
function isForeign(operation: Operation, { paths }: ManifestEntry, facts: Facts): boolean {
  const path = pathOf(operation)
  if (path === undefined) return false
  const [kind] = (paths[path] ?? '').split(' ')
  const live = facts.paths[path]?.type ?? 'absent'
  return live !== 'absent' && live !== kind
}

function pruneChange(applied: ManifestEntry, operation: Operation, facts: Facts): Change {
  const { resource, sensitive } = applied
  const isSecret = sensitive === true && isShown(operation)
  const path = pathOf(operation)
  const state = path === undefined ? undefined : facts.paths[path]
  const edited = path !== undefined && state !== undefined && appliedState(state) !== applied.paths[path]
  return {
    ...plainChange({
      resource,
      operation: isSecret ? { ...operation, sensitive: true } : operation,
      reason: 'no longer in the spec',
    }),
    ...given({ cause: edited ? ('spec and host changed' as const) : undefined }),
    expects: expectNow(operation, facts),
  }
}

/** Whether it stops something that may use what is removed; starts follow what is restored. */
function ends(operation: Operation): boolean {
  return rulesOf(operation).undoRank(operation) === 0
}

/** Whether its plan could show content, as a diff or a checksum. */
function isShown(operation: Operation): operation is Extract<Operation, { op: 'remove' | 'restore' }> {
  return operation.op === 'remove' || operation.op === 'restore'
}

/** Drops the entry from the manifest after its last operation. */
function strikingLast(applied: ManifestEntry, changes: readonly Change[]): readonly Change[] {
  const ordered = changes.toSorted((a, b) => Number(ends(b.operation)) - Number(ends(a.operation)))
  const final = ordered.at(-1)
  return ordered.map((change) =>
    change === final ? { ...change, strikes: [dropLine(applied.resource)] } : change,
  )
}

/** Entries that are dropped without any operation. */
export function silentDrops(catalog: HostCatalog, facts: Facts, pruned: Prune): readonly ManifestEntry[] {
  const struck = new Set([...pruned.first, ...pruned.last].flatMap(({ strikes = [] }) => strikes))
  return leftBehind(catalog, facts).filter(({ resource }) => !struck.has(dropLine(resource)))
}

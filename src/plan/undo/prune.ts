import { isFoundIn } from '../../model/edit-text.ts'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { dropLine, type ManifestEntry } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { type Change, plainChange } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog, Resource, Step } from '../../model/resource.ts'
import { isInState } from '../../operations/applied-state.ts'
import {
  changesUnitFile,
  expectNow,
  isEdit,
  type Kind,
  kindMadeBy,
  otherUnitFiles,
  partState,
  pathOf,
  rulesOf,
} from '../../operations/index.ts'
import { madeOf, pathsOf, withoutPaths } from '../../record/manifest-entry.ts'
import { claimsOn, editsOf } from './claims-on.ts'
import { standingOf } from './cluster-objects.ts'
import { isLost, lostContent, withOriginal } from './kept-content.ts'

/** The manifest's resources that are no longer in the catalog, the last applied first. */
export function leftBehind(catalog: HostCatalog, facts: Facts): readonly ManifestEntry[] {
  const wanted = new Set<string>(catalog.entries.map(({ resource }) => resource.id))
  return (facts.state?.manifest ?? [])
    .filter((applied) => !wanted.has(applied.resource) && standingOf(applied, facts) !== 'unknown')
    .map((applied) => withOriginals(applied, facts))
    .toReversed()
}

function withOriginals(applied: ManifestEntry, facts: Facts): ManifestEntry {
  return { ...applied, removal: applied.removal.map((operation) => withOriginal(operation, facts)) }
}

/** A part that a resource of the catalog no longer makes: the paths, as an entry of their own. */
interface Part {
  readonly resource: Resource
  readonly left: ManifestEntry
  readonly whole: ManifestEntry
}

function leftParts({ entries }: HostCatalog, facts: Facts): readonly Part[] {
  const declared = new Map<string, Resource>(entries.map(({ resource }) => [resource.id, resource]))
  return (facts.state?.manifest ?? []).flatMap((whole): readonly Part[] => {
    const resource = declared.get(whole.resource)
    if (resource === undefined) return []
    const made = pathsOf(resource)
    if (Object.keys(whole.paths).every((path) => made.includes(path))) return []
    const left = withoutPaths(whole, made)
    const removal = left.removal.filter((operation) => pathOf(operation) !== undefined)
    return [{ resource, left: withOriginals({ ...left, removal }, facts), whole }]
  })
}

/** What prune may do, for what left the catalog. */
export function removals(catalog: HostCatalog, facts: Facts): readonly Operation[] {
  const parts = leftParts(catalog, facts).map(({ left }) => left)
  return [...leftBehind(catalog, facts), ...parts].flatMap(({ removal }) => removal)
}

/** What must be asked of the host before what left the catalog can be pruned. */
export function pruneProbes(catalog: HostCatalog, facts: Facts): readonly Probe[] {
  const parts = leftParts(catalog, facts).map(({ left }) => left)
  return [
    ...[...leftBehind(catalog, facts), ...parts].flatMap(({ paths, removal }) => [
      ...Object.entries(paths).map(
        ([path, state]): Probe => ({
          probe: 'path',
          path,
          ...given({
            entries: state.startsWith('directory ') ? true : undefined,
            // The [Install] of a unit's file that is removed.
            sha256: changesUnitFile({ op: 'remove', path, recursive: false }) ? '' : undefined,
          }),
        }),
      ),
      ...removal.flatMap((operation) => rulesOf(operation).probes(operation)),
    ]),
    ...parts.flatMap(({ paths }) =>
      Object.keys(paths)
        .flatMap(otherUnitFiles)
        .map((path): Probe => ({ probe: 'path', path })),
    ),
  ]
}

/** The prune before and after the other changes: units stop first, what they used is removed last. */
export interface Prune {
  readonly first: readonly Change[]
  readonly last: readonly Change[]
  /** By resource that stays: the steps that prune what it no longer makes, before its other steps. */
  readonly parts: ReadonlyMap<string, readonly Step[]>
  /** By resource that stays: the paths that it no longer makes and that need no step. */
  readonly moved: ReadonlyMap<string, readonly string[]>
  /** By path: what converge made there as another kind of thing than the spec has now, and what makes way. */
  readonly replaced: ReadonlyMap<string, Kind>
}

const nothing: Prune = {
  first: [],
  last: [],
  parts: new Map(),
  moved: new Map(),
  replaced: new Map(),
}

/** Whether a resource is to be pruned, if only some are. */
type IsSelected = (id: string) => boolean
const all: IsSelected = () => true

/** What takes the place of what converge made does so, even if nothing else is pruned. */
export function noPrune(catalog: HostCatalog, facts: Facts): Prune {
  refuseStrangers(catalog, facts, [])
  return { ...nothing, replaced: replacedBy(catalog, facts) }
}

/** Undoes resources that are no longer in the catalog: removes what converge created, restores what it adopted. */
export function prune(catalog: HostCatalog, facts: Facts, selects: IsSelected = all): Prune {
  const claimOn = claimsOn(catalog, facts)
  const first: Change[] = []
  const last: Change[] = []
  const operationsFor = (applied: ManifestEntry): readonly Operation[] => {
    if (standingOf(applied, facts) !== 'ours') return []
    return applied.removal
      .filter(
        (operation) =>
          claimOn(operation) === undefined &&
          !isForeign(operation, applied, facts) &&
          !isLost(operation, facts) &&
          rulesOf(operation).isNeeded(operation, facts),
      )
      .map((operation) => keepingGroup(operation, claimOn))
  }
  for (const applied of leftBehind(catalog, facts)) {
    if (!selects(applied.resource)) continue
    const changes = strikingLast(
      applied,
      operationsFor(applied).map((operation) => pruneChange(applied, operation, facts)),
    )
    const isFirst = ({ operation }: Change): boolean => ends(operation) || isInTheWay(operation, catalog)
    first.push(...changes.filter(isFirst))
    last.push(...changes.filter((change) => !isFirst(change)))
  }
  const replaced = replacedBy(catalog, facts)
  const parts = new Map<string, readonly Step[]>()
  const moved = new Map<string, readonly string[]>()
  for (const part of leftParts(catalog, facts)) {
    if (!selects(part.resource.id)) continue
    const operations = operationsFor(part.left)
    const ending = endingWith(part, operations, catalog, facts)
    const steps = operations.map(partStep)
    first.push(...ending)
    // A unit that ends has nothing to restart.
    if (steps.length > 0)
      parts.set(part.resource.id, ending.length === 0 ? steps : steps.map(({ owes: _, ...step }) => step))
    const pruned = operations.map(pathOf)
    const paths = Object.keys(part.left.paths).filter((path) => !pruned.includes(path))
    if (paths.length > 0) moved.set(part.resource.id, paths)
  }
  const absent = catalog.entries.flatMap(({ resource }) =>
    resource.desired.absent === true ? pathsOf(resource) : [],
  )
  const emptied = [...replaced.keys(), ...absent]
  const inner = ({ operation }: Change): boolean =>
    emptied.some((path) => pathOf(operation)?.startsWith(`${path}/`) === true)
  const whole = { first: [...first, ...last.filter(inner)], last: last.filter((one) => !inner(one)) }
  refuseStrangers(catalog, facts, whole.first)
  return { ...whole, parts, moved, replaced }
}

interface Replacement {
  readonly path: string
  readonly kind: Kind
  readonly by: Resource
}

interface Taken {
  readonly path: string
  readonly kind: undefined
  readonly by: Resource
}

/** The paths at which converge has made another kind of thing for another resource than the spec has there now. */
function replacements({ entries }: HostCatalog, facts: Facts): readonly Replacement[] {
  const owners = new Map<string, CatalogEntry>(
    entries.flatMap((entry) =>
      entry.resource.claims.flatMap(({ kind, key }) => (kind === 'path' ? [[key, entry] as const] : [])),
    ),
  )
  const found = (facts.state?.manifest ?? []).flatMap(({ resource, paths, removal }) =>
    Object.entries(paths).flatMap(([path, state]): readonly (Replacement | Taken)[] => {
      const owner = owners.get(path)
      const live = facts.paths[path]?.type ?? 'absent'
      if (owner === undefined || live !== state.split(' ')[0]) return []
      if (live === 'absent' || live === 'other') return []
      // It has taken the place already.
      if (owner.resource.id === resource) return [{ path, kind: undefined, by: owner.resource }]
      const isTree = removal.some((one) => one.op === 'remove' && one.path === path && one.recursive)
      const kind = isTree ? 'tree' : live
      const wanted = madeOf(owner).operations.find((one) => pathOf(one) === path)
      const makes = wanted && kindMadeBy(wanted)
      return makes === undefined || makes === kind ? [] : [{ path, kind, by: owner.resource }]
    }),
  )
  // Without prune the entries of earlier owners stay; the newest is last.
  const newest = new Map(found.map((one) => [one.path, one]))
  return [...newest.values()].filter((one) => one.kind !== undefined)
}

function replacedBy(catalog: HostCatalog, facts: Facts): Prune['replaced'] {
  return new Map(replacements(catalog, facts).map(({ path, kind }) => [path, kind]))
}

/** Throws a ResourceConflict if a directory that makes way has something in it that stays. */
function refuseStrangers(catalog: HostCatalog, facts: Facts, first: readonly Change[]): void {
  const removed = new Set(
    first.flatMap(({ operation }) => (operation.op === 'remove' ? [operation.path] : [])),
  )
  const strangers = (directory: string): readonly string[] => {
    const fact = facts.paths[directory]
    const names = fact?.type === 'directory' ? (fact.entries ?? []) : []
    return names.flatMap((name) => {
      const path = `${directory}/${name}`
      return removed.has(path) ? strangers(path) : [path]
    })
  }
  for (const { path, kind, by } of replacements(catalog, facts)) {
    const [stranger] = kind === 'directory' ? strangers(path) : []
    if (stranger === undefined) continue
    const message = `the directory at ${path} is in the way, and ${stranger} in it is not removed with it`
    throw new ResourceConflict(by.id, message, 'move it away, or choose another path')
  }
}

function partStep(operation: Operation): Step {
  return {
    operation,
    reason: 'no longer in the spec',
    expects: [pathOf(operation) ?? ''],
    ...(changesUnitFile(operation) && { owes: ['restart'] as const }),
  }
}

/** A unit does not outlive its last file. Throws a ResourceConflict if the spec still wants it to run or to start at boot. */
function endingWith(
  { resource, whole }: Part,
  operations: readonly Operation[],
  { entries }: HostCatalog,
  facts: Facts,
): readonly Change[] {
  const file = operations
    .flatMap((operation) => pathOf(operation) ?? [])
    .find((path) => operations.some(({ op }) => op === 'remove') && path.endsWith(`/${resource.ownsUnit}`))
  if (file === undefined) return []
  const others = otherUnitFiles(file)
  const brings = entries.some(({ resource: { claims } }) =>
    claims.some(
      ({ kind, key }) =>
        (kind === 'path' && others.includes(key)) || (kind === 'package' && facts.packages[key] === null),
    ),
  )
  if (brings || others.some((path) => (facts.paths[path]?.type ?? 'absent') !== 'absent')) return []
  const { started, enabled } = resource.desired
  if (started === true || enabled === true) {
    throw new ResourceConflict(
      resource.id,
      `its file ${file} is no longer declared, and there is no other file of ${resource.ownsUnit}`,
      'declare its content, or remove started and enabled',
    )
  }
  return whole.removal
    .filter((operation) => ends(operation) && rulesOf(operation).isNeeded(operation, facts))
    .map((operation) =>
      plainChange({ resource: resource.id, operation, reason: 'its file is no longer in the spec' }),
    )
}

/** Notes on what prune keeps. */
export function leftAlone(catalog: HostCatalog, facts: Facts, selects: IsSelected = all): readonly string[] {
  const claimOn = claimsOn(catalog, facts)
  const parts = leftParts(catalog, facts).map(({ left }) => left)
  const leaving = [...leftBehind(catalog, facts), ...parts].filter(({ resource }) => selects(resource))
  const notes = leaving.flatMap((applied) =>
    applied.removal.flatMap((operation): readonly string[] => {
      const standing = standingOf(applied, facts)
      if (standing === 'foreign') return [`kept ${applied.resource}: it is no longer as converge made it`]
      if (standing === 'unreachable')
        return [`kept ${applied.resource}: the host no longer asks for the ${applied.object?.question}`]
      if (standing !== 'ours') return []
      const claim = claimOn(operation)
      if (claim !== undefined) return claim.note === undefined ? [] : [claim.note]
      if (isLost(operation, facts)) return [`${pathOf(operation)} stays as it is: ${lostContent}`]
      if (!isForeign(operation, applied, facts)) return []
      return [`kept ${pathOf(operation)}: it is no longer what converge created for ${applied.resource}`]
    }),
  )
  return [...new Set([...notes, ...unknownObjects(catalog, facts, selects)])]
}

function unknownObjects({ entries }: HostCatalog, facts: Facts, selects: IsSelected): readonly string[] {
  const wanted = new Set<string>(entries.map(({ resource }) => resource.id))
  return (facts.state?.manifest ?? [])
    .filter((applied) => !wanted.has(applied.resource) && selects(applied.resource))
    .filter((applied) => standingOf(applied, facts) === 'unknown')
    .map(({ resource, object }) => `${resource} is removed once somebody knows the ${object?.question}`)
}

/** Whether the path holds another type of file than converge created, or tried to create. */
function isForeign(operation: Operation, { paths }: ManifestEntry, facts: Facts): boolean {
  const path = pathOf(operation)
  if (path === undefined) return false
  const live = facts.paths[path]?.type ?? 'absent'
  if (isEdit(operation)) return live !== 'absent' && partState(operation, facts) === undefined
  const [kind] = (paths[path] ?? '').split(' ')
  return live !== 'absent' && live !== kind
}

function pruneChange(applied: ManifestEntry, operation: Operation, facts: Facts): Change {
  const { resource, sensitive } = applied
  const isSecret = sensitive === true && isShown(operation)
  const path = pathOf(operation)
  const state = path === undefined ? undefined : facts.paths[path]
  const edited = isEdit(operation)
    ? partState(operation, facts) !== applied.part?.state
    : path !== undefined &&
      state !== undefined &&
      !isInState(state, applied.paths[path] ?? '', facts.platform)
  return {
    ...plainChange({
      resource,
      operation: isSecret ? { ...operation, sensitive: true } : operation,
      reason: 'no longer in the spec',
    }),
    ...given({
      cause: edited ? ('spec and host changed' as const) : undefined,
      consent:
        operation.op === 'etcd-remove'
          ? ({
              word: 'prune',
              what: `${operation.group}: the ${operation.type} ${operation.name} will be removed`,
            } as const)
          : undefined,
    }),
    expects: expectNow(operation, facts),
  }
}

/** Whether it stops something that may use what is removed; starts follow what is restored. */
function ends(operation: Operation): boolean {
  return rulesOf(operation).undoRank(operation) === 0
}

/** Whether it could no longer tell its line from one that the spec puts into the same file. */
function isInTheWay(operation: Operation, catalog: HostCatalog): boolean {
  if (!isEdit(operation) || operation.part.kind === undefined) return false
  return editsOf(catalog, operation.path).some(
    ({ part, content }) => content !== undefined && isFoundIn(operation.part, part, content.data),
  )
}

/** A user whose group of the same name is still needed leaves that behind. */
export function keepingGroup(operation: Operation, claimOn: ReturnType<typeof claimsOn>): Operation {
  if (operation.op !== 'remove-user') return operation
  const isNeeded = claimOn({ op: 'remove-group', name: operation.name }) !== undefined
  return isNeeded ? { ...operation, keepsGroup: true } : operation
}

/** Whether its plan could show content, as a diff or a checksum. */
function isShown(
  operation: Operation,
): operation is Extract<Operation, { op: 'remove' | 'restore' | 'edit' }> {
  return operation.op === 'remove' || operation.op === 'restore' || operation.op === 'edit'
}

/** Drops the entry from the manifest after its last operation. */
function strikingLast(applied: ManifestEntry, changes: readonly Change[]): readonly Change[] {
  const ordered = changes.toSorted((a, b) => Number(ends(b.operation)) - Number(ends(a.operation)))
  const final = ordered.at(-1)
  return ordered.map((change) =>
    change === final ? { ...change, strikes: [dropLine(applied.resource)] } : change,
  )
}

/** The entries that are dropped without any operation. */
export function silentDrops(
  catalog: HostCatalog,
  facts: Facts,
  pruned: Prune,
  selects: IsSelected = all,
): readonly ManifestEntry[] {
  const struck = new Set([...pruned.first, ...pruned.last].flatMap(({ strikes = [] }) => strikes))
  return leftBehind(catalog, facts).filter(
    ({ resource }) => selects(resource) && !struck.has(dropLine(resource)),
  )
}

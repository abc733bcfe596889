import type { Facts } from '../../model/facts.ts'
import type { Change, HostPlan } from '../../model/plan.ts'
import { type CatalogEntry, type HostCatalog, pathIn, type Step } from '../../model/resource.ts'
import { inPlaceOf, isEdit, kindMadeBy, pathOf, stampOf } from '../../operations/index.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import { noPrune, type Prune } from '../undo/prune.ts'
import { refuseStaying, withGroupsKept } from './absent.ts'
import { refuseImpossibleAccounts, withNewIds } from './accounts.ts'
import { withDaemonReload } from './daemon-reload.ts'
import { decideByFacts, guardOf } from './guard.ts'
import { newMounts, refuseMountedFiles } from './mounts.ts'
import { carryOutDelayed, orphans } from './notifications.ts'
import { refuseUnknownPackages, withPackagesAlong } from './packages.ts'
import { withParents } from './parents.ts'
import { refuseSamePlaces } from './places.ts'
import { type Decider, resourceChanges } from './resource-changes.ts'
import { owedServices, withServices } from './sockets.ts'
import { refuseMissingStaging } from './staging.ts'
import { withTakenAlong } from './taken-along.ts'
import { refuseMissingTools } from './tools.ts'
import { withTreeContents } from './trees.ts'
import { refuseMaskedFiles, refuseMissingUnits } from './units.ts'

type PlannedHost = Extract<HostPlan, { status: 'planned' }>

/** The changes of one host, in order. Throws a ResourceConflict if something is in the way of a resource. */
export function planHost(
  catalog: HostCatalog,
  facts: Facts,
  pruned: Prune = noPrune(catalog, facts),
): PlannedHost {
  refuseSamePlaces(catalog, facts)
  const leaving = [...pruned.parts.values()].flat().flatMap(({ operation }) => pathOf(operation) ?? [])
  const decider: Decider = {
    facts: { ...withNewIds(catalog, facts), leaving },
    decide: (guard, earlier) => decideByFacts(guard, afterTrees(facts, earlier), earlier),
    isCertain: ({ guard, whenOwed }) => guard === undefined && whenOwed === undefined,
    knowsPending: true,
  }
  const { replaced } = pruned
  const gone = [...replaced.keys()]
  const inside = isBelow(gone)
  // A new tree has nothing of what was put into the old one, and what a mount has is not known before.
  const mounts = newMounts(catalog, facts)
  const emptied = [...gone, ...renewedTrees(catalog, facts).filter((path) => !replaced.has(path)), ...mounts]
  const isGone = (path: string): boolean =>
    replaced.has(path) || mounts.includes(path) || isBelow(emptied)(path)
  const withoutGone = emptied.length === 0 ? facts : { ...facts, paths: absentWhere(facts, isGone) }
  const isPlain = pruned.parts.size === 0 && emptied.length === 0
  const entries = isPlain ? catalog.entries : catalog.entries.map(withPast(pruned, withoutGone, isGone))
  const { changes, last } = resourceChanges({ ...catalog, entries }, decider, pruned.first)
  const delayed = carryOutDelayed(catalog, facts.pending, changes, decider)
  const services = owedServices(catalog, facts)
  const planned = [
    ...withServices([...pruned.first, ...delayed, ...last, ...pruned.last], catalog, facts),
    ...services,
  ]
  const told = withTreeContents(withPackagesAlong(planned, catalog, facts), catalog, facts)
  const all = withGroupsKept(withTakenAlong(told, catalog, facts), catalog, facts)
  refuseStaying(all, catalog, facts)
  refuseImpossibleAccounts(all, facts)
  refuseMountedFiles(all, facts)
  refuseMissingTools(all, facts)
  refuseMissingUnits(all, facts)
  refuseMaskedFiles(all, facts)
  refuseMissingStaging(all, facts)
  const notes = refuseUnknownPackages(all, facts)
  return {
    host: catalog.host,
    status: 'planned',
    changes: withDaemonReload(
      withSecretsHidden(withParents(all, catalog, facts), catalog, facts),
      catalog,
      facts,
    ),
    facts: gone.length === 0 ? facts : { ...facts, paths: absentWhere(facts, inside, catalog) },
    disrupts: disruptedGroups(membersOn(catalog, facts), all),
    notes: [...notes, ...ownershipNote(all, facts), ...orphans(catalog, facts.pending, services)],
  }
}

function isBelow(directories: readonly string[]): (path: string) => boolean {
  return (path) => directories.some((above) => path.startsWith(`${above}/`))
}

/** The trees of archives that are replaced by others. */
function renewedTrees({ entries }: HostCatalog, facts: Facts): readonly string[] {
  return entries
    .filter(
      ({ resource }) =>
        (resource.kind === 'archive' || resource.kind === 'gitCheckout') &&
        decideByFacts(guardOf(resource), facts, []) !== 'skip' &&
        facts.paths[stampOf(resource.name)]?.type === 'file',
    )
    .flatMap(({ resource }) => resource.steps(facts))
    .flatMap(({ operation }) => (kindMadeBy(operation) === 'tree' ? (pathOf(operation) ?? []) : []))
}

/** What guards may rely on: nothing that lies in a tree which an earlier change replaces. */
function afterTrees(facts: Facts, earlier: readonly Change[] | 'any'): Facts {
  const trees =
    earlier === 'any'
      ? []
      : earlier.flatMap(({ operation }) =>
          kindMadeBy(operation) === 'tree' ? (pathOf(operation) ?? []) : [],
        )
  return trees.length === 0 ? facts : { ...facts, paths: absentWhere(facts, isBelow(trees)) }
}

/** The paths, as if some of them were absent; with a catalog only those that it declares. */
function absentWhere(
  { paths }: Facts,
  isGone: (path: string) => boolean,
  catalog?: HostCatalog,
): Facts['paths'] {
  const declared = new Set(catalog?.entries.flatMap(({ resource }) => resource.claims.map(({ key }) => key)))
  return Object.fromEntries(
    Object.entries(paths).map(([path, fact]) =>
      isGone(path) && (catalog === undefined || declared.has(path))
        ? [path, { type: 'absent' }]
        : [path, fact],
    ),
  )
}

/** A resource first prunes what it no longer makes, and takes the place of what converge made as another kind of thing. */
function withPast(
  { parts, replaced }: Prune,
  withoutGone: Facts,
  isGone: (path: string) => boolean,
): (entry: CatalogEntry) => CatalogEntry {
  return (entry) => {
    const { resource } = entry
    const first = parts.get(resource.id) ?? []
    const isAffected = resource.claims.some((claim) => isGone(pathIn(claim) ?? ''))
    if (first.length === 0 && !isAffected) return entry
    const steps: typeof resource.steps = (facts, trigger) => {
      if (trigger !== undefined) return resource.steps(facts, trigger)
      const own = isAffected ? resource.steps(withoutGone).map(takingPlace) : resource.steps(facts)
      if (first.length === 0) return own
      // A unit is disabled while it still has its files, which say what that means.
      const isEarly = resource.desired.absent === true ? actsOnUnit : disables
      return [...own.filter(isEarly), ...first, ...own.filter((step) => !isEarly(step))]
    }
    return { ...entry, resource: { ...resource, steps } }
  }

  function takingPlace(step: Step): Step {
    const kind = replaced.get(pathOf(step.operation) ?? '')
    if (kind === undefined) return step
    const reason = `will replace the ${kind === 'tree' ? 'directory' : kind} that converge made`
    return { ...step, operation: inPlaceOf(step.operation, kind), reason }
  }
}

function actsOnUnit({ operation }: Step): boolean {
  return operation.op === 'unit'
}

function disables({ operation }: Step): boolean {
  return operation.op === 'unit' && operation.action === 'disable'
}

/** A diff shows the old content: that stays hidden if it was sensitive, even if the spec has changed. */
function withSecretsHidden(
  changes: readonly Change[],
  { entries }: HostCatalog,
  facts: Facts,
): readonly Change[] {
  const { manifest = [], others = [] } = facts.state ?? {}
  const parts = [
    ...entries.flatMap(({ resource: { id, isSensitive, claims } }) =>
      claims.flatMap(({ in: path }) => (isSensitive && path !== undefined ? [{ id, path }] : [])),
    ),
    ...[manifest, ...others.map((other) => other.manifest)]
      .flat()
      .flatMap(({ resource: id, sensitive, part }) => (sensitive && part ? [{ id, path: part.path }] : [])),
  ]
  const whole = new Set(manifest.flatMap(({ sensitive, paths }) => (sensitive ? Object.keys(paths) : [])))
  const secret = new Set([...whole, ...parts.map(({ path }) => path)])
  if (secret.size === 0) return changes
  return changes.map((change): Change => {
    const { operation } = change
    if (isEdit(operation)) {
      if (change.diff === undefined || !secret.has(operation.path)) return change
      const isAlone =
        !whole.has(operation.path) &&
        parts.every(({ id, path }) => path !== operation.path || id === change.resource)
      // Words stand for the secrets in the part itself only.
      if (isAlone && 'masked' in change.diff) return change
      return { ...change, diff: { path: operation.path, omitted: 'sensitive' } }
    }
    const isShown = operation.op === 'write' || (operation.op === 'remove' && change.diff !== undefined)
    if (!isShown || !secret.has(operation.path)) return change
    if (change.diff !== undefined && 'masked' in change.diff) return change
    const diff = { path: operation.path, omitted: 'sensitive' } as const
    return { ...change, operation: { ...operation, sensitive: true }, diff }
  })
}

function ownershipNote(changes: readonly Change[], { platform }: Facts): readonly string[] {
  if (!platform.rooted || platform.uid === 0) return []
  const isRoots = ({ operation }: Change): boolean =>
    !('owner' in operation) || (operation.owner === 'root' && operation.group === 'root')
  return changes.every(isRoots) ? [] : ['owners and groups are not changed: not running as root']
}

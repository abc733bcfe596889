import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, PendingNotification } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { globSource } from '../../model/glob.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change, LeftOut, Only } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import { rulesOf } from '../../operations/index.ts'
import { isConsequence } from '../../record/cause.ts'
import { leftBehind, type Prune } from '../undo/prune.ts'
import { decideByFacts, guardOf } from './guard.ts'

/** A resource that `--only` may select. Of one that is no longer in the spec only the identity is known. */
export interface Selectable {
  readonly id: string
  readonly from?: CatalogEntry['from']
  readonly partOf?: CatalogEntry['partOf']
}

export type Selects = (one: Selectable) => boolean

/** Whether patterns such as `file[/etc/nginx/*]`, `recipe:nginx` and `role:web` select a resource. */
export function selectsOf(only: Only): Selects {
  const matchers = only.map((pattern) => new RegExp(`^${globSource(pattern)}$`, 's'))
  return (one) => wordsOf(one).some((words) => matchers.some((matcher) => matcher.test(words)))
}

/** What a pattern may say of a resource. */
export function wordsOf({ id, from, partOf = [] }: Selectable): readonly string[] {
  const role = from?.layer.startsWith('role ') === true ? [`role:${from.layer.slice('role '.length)}`] : []
  return [id, ...partOf, ...(from?.recipe === undefined ? [] : [`recipe:${from.recipe}`]), ...role]
}

/** An entry of a catalog, as patterns see it. */
export function selectable({ resource: { id }, from, partOf }: CatalogEntry): Selectable {
  return { id, ...given({ from, partOf }) }
}

/**
 * Finds by identity whether a resource is selected. One that is no longer in the spec, and whose path a resource has now
 * that is left out, waits for that: its record says how the path began.
 */
export function selectsById(
  { entries }: HostCatalog,
  facts: Facts,
  selects: Selects,
): (id: string) => boolean {
  const selected = new Map<string, boolean>(
    entries.map((entry) => [entry.resource.id, selects(selectable(entry))]),
  )
  const leftOut = pathsLeftOut(entries, selects)
  for (const { resource: id, paths } of facts.state?.manifest ?? [])
    if (!selected.has(id))
      selected.set(id, selects({ id }) && !Object.keys(paths).some((path) => leftOut.has(path)))
  return (id) => selected.get(id) ?? selects({ id })
}

function pathsLeftOut(entries: HostCatalog['entries'], selects: Selects): ReadonlySet<string> {
  return new Set(
    entries
      .filter((entry) => !selects(selectable(entry)))
      .flatMap(({ resource }) => resource.claims.flatMap(({ kind, key }) => (kind === 'path' ? [key] : []))),
  )
}

/** The paths that a selected resource no longer makes, and that none has which is left out. */
export function movedBySelected(
  catalog: HostCatalog,
  selects: Selects,
  moved: Prune['moved'],
): Prune['moved'] {
  const leftOut = pathsLeftOut(catalog.entries, selects)
  return new Map([...moved].map(([id, paths]) => [id, paths.filter((path) => !leftOut.has(path))]))
}

/**
 * The catalog in which only what is selected has steps. The rest still owns what it owns, and answers to notifications
 * that a selected change earns; but a unit that does not run is not restarted, because a later start of it comes, and
 * the start of one that is not there yet stays pending.
 */
export function narrowed(catalog: HostCatalog, selects: Selects): HostCatalog {
  const entries = catalog.entries.map((entry): CatalogEntry => {
    if (selects(selectable(entry))) return entry
    const { resource } = entry
    const { ownsUnit } = resource
    const steps: typeof resource.steps = (facts, trigger) => {
      if (trigger === undefined) return []
      const answer = resource.steps(facts, trigger)
      if (ownsUnit === undefined || trigger.action === 'stop') return answer
      if (trigger.action === 'start') return isThere(ownsUnit, facts) ? answer : []
      return answer.map((step) => ({ ...step, guard: { ...step.guard, running: ownsUnit } }))
    }
    return { ...entry, resource: { ...resource, steps } }
  })
  return { ...catalog, entries }
}

function isThere(unit: string, { units }: Facts): boolean {
  return units[unit]?.load !== 'not-found'
}

/** The facts without what is pending of resources that are not selected, which stays as it is. */
export function narrowedFacts(catalog: HostCatalog, facts: Facts, selects: Selects): Facts {
  const isSelected = selectsById(catalog, facts, selects)
  const unread = catalog.entries.flatMap(({ resource: { id, ownsUnit } }) => {
    const unit = ownsUnit === undefined ? undefined : facts.units[ownsUnit]
    return ownsUnit !== undefined && unit?.needsReload === true && !isSelected(id)
      ? [[ownsUnit, { ...unit, needsReload: false }] as const]
      : []
  })
  return {
    ...facts,
    units: unread.length === 0 ? facts.units : { ...facts.units, ...Object.fromEntries(unread) },
    pending: facts.pending.filter(({ resource }) => isSelected(resource)),
  }
}

/** What stays pending of what is left out: what an earlier run left, unless the host carries it out, and starts of units that are not there yet. */
export function leftPending(
  catalog: HostCatalog,
  facts: Facts,
  selects: Selects,
  changes: readonly Change[],
): readonly PendingNotification[] {
  const isSelected = selectsById(catalog, facts, selects)
  const units = new Map<string, string | undefined>(
    catalog.entries.map(({ resource: { id, ownsUnit } }) => [id, ownsUnit]),
  )
  const early = changes
    .flatMap(({ owes }) => owes)
    .filter(({ resource, action }) => action === 'start' && !isThere(units.get(resource) ?? '', facts))
  const all = [...facts.pending, ...early].filter(({ resource }) => !isSelected(resource))
  return [...new Map(all.map((one) => [`${one.action} ${one.resource}`, one])).values()]
}

/** What is left out on a host, by the plan of a whole run; a note if that is refused. */
export function leftOutOf(
  catalog: HostCatalog,
  facts: Facts,
  selects: Selects,
  { prune, whole }: { readonly prune: boolean; readonly whole: () => readonly Change[] },
): { readonly leftOut: LeftOut; readonly notes: readonly string[] } {
  const isSelected = selectsById(catalog, facts, selects)
  const others = catalog.entries.filter((entry) => !selects(selectable(entry)))
  const gone = prune ? leftBehind(catalog, facts).filter(({ resource }) => !isSelected(resource)) : []
  const leftOut = (ids: readonly string[]): LeftOut => ({
    resources: others.length + gone.length,
    differ: [...new Set(ids.filter((id) => !isSelected(id)))],
  })
  try {
    const changes = whole().filter((change) => !isConsequence(change))
    return { leftOut: leftOut(changes.map(({ resource }) => resource)), notes: [] }
  } catch (error) {
    if (!(error instanceof ResourceConflict)) throw error
    const note = `a whole run is refused: ${error.resource}: ${error.message}`
    return { leftOut: leftOut(differingNow(others, facts)), notes: [note] }
  }
}

/** What differs as the host is now. */
function differingNow(entries: HostCatalog['entries'], facts: Facts): readonly string[] {
  return entries.flatMap((entry) => {
    try {
      return neededOf(entry, facts).length > 0 ? [entry.resource.id] : []
    } catch (error) {
      if (error instanceof ResourceConflict) return [entry.resource.id]
      throw error
    }
  })
}

/** The operations that a resource needs by itself. */
function neededOf({ resource }: CatalogEntry, facts: Facts): readonly Operation[] {
  return resource
    .steps(facts)
    .filter((step) => decideByFacts(guardOf(resource, step), facts, []) !== 'skip')
    .map(({ operation }) => operation)
}

/**
 * Throws a ResourceConflict for a selected resource that changes and comes after one that is left out and is not there
 * yet: a directory, an account, a package, the effect of a command.
 */
export function refuseMissingBefore(catalog: HostCatalog, facts: Facts, selects: Selects): void {
  const entries = new Map<string, CatalogEntry>(catalog.entries.map((entry) => [entry.resource.id, entry]))
  const isMissing = (entry: CatalogEntry): boolean => {
    if (selects(selectable(entry))) return false
    try {
      return neededOf(entry, facts).some((operation) => brings(operation, facts))
    } catch (error) {
      // What is there is of another kind; the plan says so where that matters.
      if (error instanceof ResourceConflict) return false
      throw error
    }
  }
  const missingBefore = (entry: CatalogEntry, found = new Set<string>()): ReadonlySet<string> => {
    for (const id of entry.after) {
      const before = entries.get(id)
      if (before === undefined || found.has(id) || !isMissing(before)) continue
      found.add(id)
      missingBefore(before, found)
    }
    return found
  }
  for (const entry of catalog.entries) {
    if (!selects(selectable(entry)) || entry.after.length === 0) continue
    if (neededOf(entry, facts).length === 0) continue
    const missing = [...missingBefore(entry)]
    if (missing.length === 0) continue
    const [are, them] = missing.length === 1 ? ['is', 'it'] : ['are', 'them']
    throw new ResourceConflict(
      entry.resource.id,
      `it comes after ${missing.join(', ')}, which ${are} left out and not there yet`,
      `select ${them}, too: --only '${missing.join(',')}'`,
    )
  }
}

/** Whether something comes to be that was not there: what undoes that removes it. Nobody knows what a command made. */
function brings(operation: Operation, facts: Facts): boolean {
  if (operation.op === 'run') return true
  // An account is removed again only if that is declared.
  if (operation.op === 'user') return facts.users[operation.name] === null
  if (operation.op === 'group') return facts.groups[operation.name] === null
  return rulesOf(operation)
    .inverse(operation, facts, '')
    .some(({ op }) => op.startsWith('remove'))
}

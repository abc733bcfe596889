import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, PendingNotification } from '../../model/facts.ts'
import { globSource } from '../../model/glob.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change, LeftOut, Only } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import { rulesOf } from '../../operations/index.ts'
import { leftBehind, prune } from '../undo/prune.ts'
import { decideByFacts, guardOf } from './guard.ts'

/** A resource that `--only` may select. Of one that is no longer in the spec only the identity is known. */
export interface Selectable {
  readonly id: string
  readonly from?: CatalogEntry['from']
}

export type Selects = (one: Selectable) => boolean

/** Whether patterns such as `file[/etc/nginx/*]`, `recipe:nginx` and `role:web` select a resource. */
export function selectsOf(only: Only): Selects {
  const matchers = only.map((pattern) => new RegExp(`^${globSource(pattern)}$`, 's'))
  return (one) => wordsOf(one).some((words) => matchers.some((matcher) => matcher.test(words)))
}

/** What a pattern may say of a resource. */
export function wordsOf({ id, from }: Selectable): readonly string[] {
  const role = from?.layer.startsWith('role ') === true ? [`role:${from.layer.slice('role '.length)}`] : []
  return [id, ...(from?.recipe === undefined ? [] : [`recipe:${from.recipe}`]), ...role]
}

/** An entry of a catalog, as patterns see it. */
export function selectable({ resource: { id }, from }: CatalogEntry): Selectable {
  return { id, ...(from !== undefined && { from }) }
}

/** Finds by identity whether a resource is selected, whether it is in the spec or not. */
export function selectsById({ entries }: HostCatalog, selects: Selects): (id: string) => boolean {
  const selected = new Map<string, boolean>(
    entries.map((entry) => [entry.resource.id, selects(selectable(entry))]),
  )
  return (id) => selected.get(id) ?? selects({ id })
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
  const isSelected = selectsById(catalog, selects)
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
  const isSelected = selectsById(catalog, selects)
  const units = new Map<string, string | undefined>(
    catalog.entries.map(({ resource: { id, ownsUnit } }) => [id, ownsUnit]),
  )
  const early = changes
    .flatMap(({ owes }) => owes)
    .filter(({ resource, action }) => action === 'start' && !isThere(units.get(resource) ?? '', facts))
  const all = [...facts.pending, ...early].filter(({ resource }) => !isSelected(resource))
  return [...new Map(all.map((one) => [`${one.action} ${one.resource}`, one])).values()]
}

/** What is left out on a host, and how a whole run would see it. */
export function leftOutOf(
  catalog: HostCatalog,
  facts: Facts,
  selects: Selects,
  options: { readonly prune: boolean },
): { readonly leftOut: LeftOut; readonly notes: readonly string[] } {
  const others = catalog.entries.filter((entry) => !selects(selectable(entry)))
  const conflicts = new Map<string, string>()
  const differing = others.filter((entry) => {
    try {
      return neededOf(entry, facts).length > 0
    } catch (error) {
      if (!(error instanceof ResourceConflict)) throw error
      conflicts.set(entry.resource.id, error.message)
      return true
    }
  })
  const gone = options.prune ? leftBehind(catalog, facts).filter(({ resource: id }) => !selects({ id })) : []
  const isSelected = selectsById(catalog, selects)
  const pruned = options.prune ? prunedIn(catalog, facts).filter((id) => !isSelected(id)) : []
  const differ = new Set([...differing.map(({ resource }) => resource.id), ...pruned])
  return {
    leftOut: { resources: others.length + gone.length, differ: [...differ] },
    notes: [...conflicts].map(([id, message]) => `a whole run refuses ${id}, which is left out: ${message}`),
  }
}

/** The resources of which a whole run prunes something. */
function prunedIn(catalog: HostCatalog, facts: Facts): readonly string[] {
  try {
    const { first, last, parts } = prune(catalog, facts)
    return [...[...first, ...last].map(({ resource }) => resource), ...parts.keys()]
  } catch (error) {
    if (error instanceof ResourceConflict) return leftBehind(catalog, facts).map(({ resource }) => resource)
    throw error
  }
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

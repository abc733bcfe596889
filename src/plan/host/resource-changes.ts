import { type Facts, isStarted } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change, Owed } from '../../model/plan.ts'
import type { NotificationAction } from '../../model/relations.ts'
import type { CatalogEntry, Guard, HostCatalog, ResourceId, Step } from '../../model/resource.ts'
import { isEdit, kindMadeBy, pathOf, rulesOf } from '../../operations/index.ts'
import { changesOf, type StepContext } from './change.ts'
import { guardOf, isGuard } from './guard.ts'

/** How guards are decided: from the facts of a host, or on the host. */
export interface Decider {
  readonly facts: Facts
  /** The conditions for the host to evaluate after these changes; `skip` if one is known not to hold. */
  decide(guard: Guard, earlier: readonly Change[] | 'any'): Guard | 'skip'
  /** Whether the change is certainly made. */
  isCertain(change: Change): boolean
  /** Whether it is known what an earlier run left pending. */
  readonly knowsPending: boolean
}

/** The changes for a catalog in order, with immediate notifications; `last` has those at the end of the run. */
export function resourceChanges(
  catalog: HostCatalog,
  decider: Decider,
  earlier: readonly Change[] = [],
): { readonly changes: readonly Change[]; readonly last: readonly Change[] } {
  // With the parts of files as the changes so far leave them.
  let facts = earlier.reduce(
    (known, { operation }) => (isEdit(operation) ? withPart(operation, known) : known),
    decider.facts,
  )
  const changes: Change[] = []
  const last: Change[] = []
  let starts: Change[] = []
  for (const entry of catalog.entries) {
    const isNeighbor = startsAfterNeighbors(entry)
    if (!isNeighbor || starts.some(({ resource }) => entry.after.includes(resource))) {
      changes.push(...starts.toSorted(bySocket))
      starts = []
    }
    const begin = changes.length
    const before = (): readonly Change[] => [...earlier, ...changes]
    const declared = decided(guardOf(entry.resource), before, decider)
    if (declared === 'skip') continue
    for (const step of entry.resource.steps(facts).flatMap(eachOf(entry, catalog, facts))) {
      const isLast = step.phase === 'last'
      const guard = decided({ ...declared, ...step.guard }, isLast ? () => 'any' : before, decider)
      if (guard === 'skip') continue
      const list = isLast ? last : isNeighbor && startsOrStops(step) ? starts : changes
      if (isMadeAnyway(step.operation, entry, catalog, changes)) continue
      // A unit that does not run owes itself no restart.
      const answers = (target: CatalogEntry, action: NotificationAction): boolean =>
        notified(target, action, decider, { reason: '', earlier: [] }).length > 0
      const owed = (step.owes ?? []).flatMap((action) =>
        [entry, ...instancesOf(entry, catalog)]
          .filter((target) => answers(target, action))
          .map((target): Owed => ({ resource: target.resource.id, action })),
      )
      list.push(...changesOf(entry, step, facts, { guard, owed, seen: decider.facts }))
      if (decider.knowsPending && isEdit(step.operation) && !isGuard(guard))
        facts = withPart(step.operation, facts)
    }
    forgetIdle(entry, catalog, { changes, begin, before, decider })
    changes.push(...mountedAnew(entry, changes.slice(begin), before, decider))
    changes.push(...immediate(catalog, entry, { owing: changes.slice(begin), before, decider }))
  }
  return { changes: [...changes, ...starts.toSorted(bySocket)], last }
}

/**
 * An immediate notification that finds nothing to do, such as the restart of a unit that does not run, is not owed: at the end
 * of the run the unit may have been started by another one.
 */
function forgetIdle(
  { notifies }: CatalogEntry,
  { entries }: HostCatalog,
  {
    changes,
    begin,
    before,
    decider,
  }: Pick<Owing, 'before' | 'decider'> & {
    readonly changes: Change[]
    readonly begin: number
  },
): void {
  for (const { timing, resource, action } of notifies) {
    const target = entries.find((entry) => entry.resource.id === resource)
    if (timing !== 'immediate' || target === undefined) continue
    const { facts, decide } = decider
    const guards = target.resource
      .steps(facts, { action })
      .map((step) => decide(guardOf(target.resource, step), before()))
    if (guards.length === 0 || guards.some((guard) => guard !== 'skip')) continue
    const isThis = (one: Owed) => one.resource === resource && one.action === action
    if (notifies.some((one) => one.timing === 'delayed' && isThis(one))) continue
    for (const [index, change] of changes.entries())
      if (index >= begin) changes[index] = { ...change, owes: change.owes.filter((one) => !isThis(one)) }
  }
}

function withPart(operation: Operation, facts: Facts): Facts {
  return { ...facts, paths: { ...facts.paths, ...rulesOf(operation).after(operation, facts).paths } }
}

/** systemd does not start a socket while its service runs. */
function bySocket({ operation: one }: Change, { operation: other }: Change): number {
  const isSocket = (operation: Change['operation']): boolean =>
    operation.op === 'unit' && operation.unit.endsWith('.socket')
  return Number(isSocket(other)) - Number(isSocket(one))
}

/** The catalog's instances of a template, which read its files. */
function instancesOf({ resource: { ownsUnit = '' } }: CatalogEntry, { entries }: HostCatalog) {
  const [, prefix, type] = /^(.*@)(\.\w+)$/.exec(ownsUnit) ?? []
  if (prefix === undefined || type === undefined) return []
  return entries.filter(
    ({ resource: { ownsUnit: unit = '' } }) =>
      unit !== ownsUnit && unit.startsWith(prefix) && unit.endsWith(type),
  )
}

/** A step that is for the instances of a template, for each that is enabled. */
function eachOf(
  entry: CatalogEntry,
  catalog: HostCatalog,
  { units }: Facts,
): (step: Step) => readonly Step[] {
  return (step) => {
    const { operation } = step
    if (step.ofInstances !== true || operation.op !== 'unit') return [step]
    return instancesOf(entry, catalog).flatMap(({ resource: { ownsUnit: unit = '', desired } }) =>
      desired.enabled === true && ['enabled', 'unknown'].includes(units[unit]?.file ?? '')
        ? [{ ...step, operation: { ...operation, unit } }]
        : [],
    )
  }
}

/** A fast path, because most steps have no guard. */
function decided(
  guard: Guard,
  earlier: () => readonly Change[] | 'any',
  { decide }: Decider,
): Guard | 'skip' {
  return isGuard(guard) ? decide(guard, earlier()) : guard
}

/** Whether another resource is the directory that this one would create, or an earlier change creates it. */
function isMadeAnyway(
  operation: Operation,
  { resource }: CatalogEntry,
  { entries }: HostCatalog,
  earlier: readonly Change[],
): boolean {
  if (kindMadeBy(operation) !== 'directory') return false
  const path = pathOf(operation)
  const claims = (one: CatalogEntry['resource']): boolean =>
    one.claims.some(({ kind, key }) => kind === 'path' && key === path)
  if (claims(resource)) return false
  return (
    entries.some(({ resource: other }) => claims(other) && !isGuard(guardOf(other))) ||
    earlier.some(
      (change) =>
        change.guard === undefined &&
        kindMadeBy(change.operation) === 'directory' &&
        pathOf(change.operation) === path,
    )
  )
}

/** A mount restarts at once, because what is declared on it comes next. */
function mountedAnew(
  entry: CatalogEntry,
  written: readonly Change[],
  before: () => readonly Change[],
  decider: Decider,
): readonly Change[] {
  const { id, mountsOn, ownsUnit = '' } = entry.resource
  const { units, pending } = decider.facts
  const isMounted = isStarted(units[ownsUnit]) || units[ownsUnit]?.active === 'unknown'
  if (mountsOn === undefined || !isMounted) return []
  const owed = { resource: id, action: 'restart' } as const
  const isOwed = (one: { readonly resource: string; readonly action: string }): boolean =>
    one.resource === id && one.action === owed.action
  const owing = written.filter(({ owes }) => owes.some(isOwed))
  const isPending = pending.some(isOwed)
  if (owing.length === 0 && !isPending) return []
  return notified(entry, owed.action, decider, {
    earlier: before(),
    reason: owing.length > 0 ? 'what it mounts changes' : 'pending from an earlier run',
    settles: [owed],
    whenOwed: isPending || owing.some(decider.isCertain) ? undefined : owed,
  })
}

/** Whether a unit starts only after its neighbors in the catalog have their files: systemd then reads those once. */
function startsAfterNeighbors({ resource, notifies }: CatalogEntry): boolean {
  return (
    resource.ownsUnit !== undefined &&
    // It stops before its files are removed.
    resource.desired.absent !== true &&
    !isGuard(guardOf(resource)) &&
    notifies.every(({ timing }) => timing === 'delayed')
  )
}

function startsOrStops({ operation }: Step): boolean {
  return operation.op === 'unit' && (operation.action === 'start' || operation.action === 'stop')
}

interface Owing {
  /** The changes that owe the notifications. */
  readonly owing: readonly Change[]
  /** All changes so far, these included. */
  readonly before: () => readonly Change[]
  readonly decider: Decider
  /** The resources that led here, to end a cycle. */
  readonly above?: readonly ResourceId[]
}

/** The changes for an entry's immediate notifications, and for those that they earn; in a cycle the last stays owed. */
export function immediate(
  catalog: HostCatalog,
  { resource: { id }, notifies }: CatalogEntry,
  { owing, before, decider, above = [] }: Owing,
): readonly Change[] {
  if (owing.length === 0) return []
  const chain = [...above, id]
  return notifies
    .filter(({ timing, resource }) => timing === 'immediate' && !chain.includes(resource))
    .flatMap(({ resource, action }) => {
      const target = catalog.entries.find((entry) => entry.resource.id === resource)
      if (target === undefined) return []
      const owed = { resource, action }
      const whenOwed = owing.some(decider.isCertain) ? undefined : owed
      const carried = notified(target, action, decider, {
        earlier: before(),
        reason: `notified immediately by ${id}`,
        settles: [owed],
        whenOwed,
      })
      const after = () => [...before(), ...carried]
      return [
        ...carried,
        ...immediate(catalog, target, { owing: carried, before: after, decider, above: chain }),
      ]
    })
}

/** The changes by which an entry answers a notification. */
export function notified(
  target: CatalogEntry,
  action: NotificationAction,
  decider: Decider,
  {
    reason,
    earlier,
    ...answered
  }: Pick<Change, 'reason'> &
    Pick<StepContext, 'settles' | 'whenOwed'> & { readonly earlier: readonly Change[] },
): readonly Change[] {
  const { facts, decide } = decider
  return target.resource.steps(facts, { action }).flatMap((step) => {
    const guard = decide(guardOf(target.resource, step), earlier)
    if (guard === 'skip') return []
    return changesOf(target, { ...step, reason }, facts, { guard, ...answered })
  })
}

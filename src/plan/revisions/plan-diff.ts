import type { Cluster, Host } from '../../model/cluster.ts'
import { InternalError, ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { identityOf, type ManifestEntry } from '../../model/manifest.ts'
import type { Change, Plan, PlannedHost } from '../../model/plan.ts'
import type { Catalog, CatalogEntry, HostCatalog, ResourceId } from '../../model/resource.ts'
import { isSecret } from '../../model/secret.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { causeOf, isConsequence } from '../../record/cause.ts'
import { pathsOf } from '../../record/manifest-entry.ts'
import { redeclared } from '../../record/redeclared.ts'
import type { Leaving } from '../../record/with-record.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import { planHost } from '../host/plan-host.ts'
import { membersOf } from '../rollout/members.ts'
import { planCluster } from '../rollout/plan-cluster.ts'
import { newHostFacts, nobody, settledFacts } from './settled-facts.ts'

/** A compiled spec. */
export interface Declared {
  readonly cluster: Cluster
  readonly catalog: Catalog
}

/** How hosts change from one spec to another: the plan, in which removed hosts are departed, and the new hosts. */
export interface SpecDiff {
  readonly plan: Plan
  readonly added: readonly string[]
}

const intent = { prune: true, release: false } as const

/**
 * What a dry run with one spec says of hosts that are exactly as a converge with another one leaves them, without what
 * it says of them anyway. Of the selected hosts, if some are; without a spec there is no host.
 */
export function diffOfSpecs(
  before: Declared | undefined,
  after: Declared | undefined,
  selected: (host: string) => boolean = () => true,
): SpecDiff {
  const former = formerHosts(before?.cluster.hosts ?? [], after?.cluster.hosts ?? [])
  const kept = new Set(former.values())
  const gone = before?.cluster.hosts.filter((host) => !kept.has(host) && selected(host.name)) ?? []
  const departed = membersOf({ hosts: gone })
  if (after === undefined) {
    const cluster = before?.cluster.name ?? ''
    const plan = {
      cluster,
      intent: { kind: 'apply', ...intent },
      hosts: [],
      waves: [],
      departed,
      consents: [],
    } as const
    return { plan, added: [] }
  }
  const declaredBefore = new Map(before?.catalog.hosts.map((catalog) => [catalog.host, catalog]))
  const catalogs = new Map(after.catalog.hosts.map((catalog) => [catalog.host, catalog]))
  const befores = new Map<string, HostCatalog>()
  const facts = new Map<string, Facts>()
  const hosts = after.cluster.hosts.filter(({ name }) => selected(name))
  for (const host of hosts) {
    const was = former.get(host.name)
    const catalog = found(catalogs, host.name)
    const earlier = was && found(declaredBefore, was.name)
    const { init } = host.platform
    if (was === undefined || earlier === undefined) {
      facts.set(host.name, newHostFacts(catalog, init))
      continue
    }
    const unchanged = sameIn(earlier, catalog)
    const isRenamed = was.name !== host.name
    if (unchanged === 'all' && !isRenamed && was.platform.init === init) continue
    const isSame = ({ resource }: CatalogEntry): boolean =>
      !isRenamed && (unchanged === 'all' || unchanged.has(resource.id))
    const [fewer, others] = withoutSame(earlier, catalog, isSame)
    befores.set(host.name, fewer)
    catalogs.set(host.name, others)
    const kept = new Set(fewer.entries.map(({ resource }) => resource.id))
    const besides = earlier.entries.flatMap(({ resource: { id } }) => (kept.has(id) ? [] : [id]))
    const settled = settledFacts(fewer, others, { init, isSame, besides })
    facts.set(host.name, isRenamed ? calledBefore(was, host, settled) : settled)
  }
  const finish = (planned: PlannedHost, catalog: HostCatalog, { drops = [] }: Leaving = {}): PlannedHost => {
    const was = befores.get(planned.host)
    if (was === undefined) return { ...planned, notes: [...planned.notes, 'new in the spec'] }
    const plan = withoutAnyway(planned, was, catalog)
    const changes =
      plan.changes.length > 0 ? plan.changes : redeclared(differing(catalog, plan.facts), plan.facts, drops)
    return { ...plan, changes: withCauses(changes, catalog, plan.facts) }
  }
  const planning = { ...after.catalog, hosts: [...catalogs.values()] }
  const plan = planCluster(planning, facts, intent, nobody, finish)
  const planned = new Map(plan.hosts.map((one) => [one.host, one]))
  return {
    plan: { ...plan, departed, hosts: hosts.map(({ name }) => planned.get(name) ?? unchanged(name)) },
    added: hosts.flatMap(({ name }) => (former.has(name) ? [] : [name])),
  }
}

/** By name of a host: the one that it was, which is the one at its place, or else the one of its name. */
function formerHosts(before: readonly Host[], after: readonly Host[]): ReadonlyMap<string, Host> {
  const placeOf = (host: Host): string => identityOf(host).place
  const byPlace = new Map(before.map((host) => [placeOf(host), host]))
  const byName = new Map(before.map((host) => [host.name, host]))
  byPlace.delete('')
  const former = new Map(
    after.flatMap((host) => {
      const was = byPlace.get(placeOf(host))
      return was === undefined ? [] : [[host.name, was] as const]
    }),
  )
  const taken = new Set(former.values())
  for (const { name } of after) {
    const was = byName.get(name)
    if (was !== undefined && !former.has(name) && !taken.has(was)) former.set(name, was)
  }
  return former
}

function found(catalogs: ReadonlyMap<string, HostCatalog>, host: string): HostCatalog {
  const catalog = catalogs.get(host)
  if (catalog === undefined) throw new InternalError(`${host} has no catalog`)
  return catalog
}

/** The resources that are the same in all that a plan depends on; `all` if that holds for their order, too. */
function sameIn(one: HostCatalog, other: HostCatalog): ReadonlySet<ResourceId> | 'all' {
  const before = new Map(one.entries.map((entry) => [entry.resource.id, entry]))
  const same = new Set(
    other.entries.flatMap((entry) => {
      const was = before.get(entry.resource.id)
      return was !== undefined && isSameEntry(was, entry) ? [entry.resource.id] : []
    }),
  )
  const isAll =
    same.size === one.entries.length &&
    same.size === other.entries.length &&
    one.entries.every(({ resource: { id } }, index) => id === other.entries[index]?.resource.id)
  return isAll ? 'all' : same
}

function isSameEntry(one: CatalogEntry, other: CatalogEntry): boolean {
  const [before, after] = [one.resource.relations, other.resource.relations]
  return (
    isSameValue(one.resource.desired, other.resource.desired) &&
    before.onlyIf === after.onlyIf &&
    before.unless === after.unless &&
    isSameValue(before.disruption, after.disruption) &&
    isSameValue(one.notifies, other.notifies) &&
    isSameValue(one.after, other.after)
  )
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (isSecret(one) || isSecret(other))
    return isSecret(one) && isSecret(other) && isSameValue(one.pieces(), other.pieces())
  const [before, after] = [Object.entries(one), Object.entries(other)]
  return (
    before.length === after.length &&
    before.every(([key, value], index) => key === after[index]?.[0] && isSameValue(value, after[index][1]))
  )
}

/**
 * Without most of what is the same, if nothing that differs can concern it: no path comes or goes, and no account, link,
 * tree or mount changes. That is most of a catalog, and of the work.
 */
function withoutSame(
  before: HostCatalog,
  after: HostCatalog,
  isSame: (entry: CatalogEntry) => boolean,
): readonly [HostCatalog, HostCatalog] {
  const [gone, come] = [before, after].map(({ entries }) => entries.filter((entry) => !isSame(entry)))
  const differing = [...(gone ?? []), ...(come ?? [])]
  const isPlain = ({ resource: { kind, mountsOn } }: CatalogEntry): boolean =>
    plainKinds.has(kind) && mountsOn === undefined
  const [left, right] = [gone, come].map((entries) =>
    entries?.flatMap(({ resource }) => pathsOf(resource)).toSorted(),
  )
  if (!differing.every(isPlain) || !isSameValue(left, right)) return [before, after]
  const notified = notifiedBy(differing, [...before.entries, ...after.entries])
  const hasUnit = differing.some(({ resource }) => resource.ownsUnit !== undefined)
  const isKept = (entry: CatalogEntry): boolean =>
    !isSame(entry) ||
    mayStillAct(entry) ||
    notified.has(entry.resource.id) ||
    (hasUnit && entry.resource.ownsUnit !== undefined)
  const others = after.entries.filter(isKept)
  // A host without any resource is another matter.
  if (others.length === 0) return [before, after]
  return [
    { ...before, entries: before.entries.filter(isKept) },
    { ...after, entries: others },
  ]
}

const plainKinds: ReadonlySet<string> = new Set(['file', 'package', 'command', 'unit'])
const quietKinds: ReadonlySet<string> = new Set(['file', 'package', 'unit', 'user', 'group'])

/** Whether a resource that is settled may do something, or is one of a group. */
function mayStillAct({ resource }: CatalogEntry): boolean {
  const { kind, mountsOn, desired, relations } = resource
  const { onlyIf, unless, disruption } = relations
  return (
    !quietKinds.has(kind) ||
    [mountsOn, desired.until, onlyIf, unless, disruption].some((one) => one !== undefined)
  )
}

/** What entries notify, and what that notifies. */
function notifiedBy(entries: readonly CatalogEntry[], all: readonly CatalogEntry[]): ReadonlySet<ResourceId> {
  const notified = new Set(entries.flatMap(({ notifies }) => notifies.map(({ resource }) => resource)))
  // A Set grows while it is walked.
  for (const id of notified)
    for (const { resource, notifies } of all)
      if (resource.id === id) for (const one of notifies) notified.add(one.resource)
  return notified
}

function calledBefore(was: Host, host: Host, facts: Facts): Facts {
  const identities = [identityOf({ name: was.name, target: host.target })]
  return { ...facts, ...(facts.state && { state: { ...facts.state, identities } }) }
}

/** The plan without what the host decides in any run, whether the spec changes or not. */
function withoutAnyway(planned: PlannedHost, before: HostCatalog, catalog: HostCatalog): PlannedHost {
  const isOpen = ({ guard, whenOwed }: Change): boolean => guard !== undefined || whenOwed !== undefined
  if (!planned.changes.some(isOpen)) return planned
  const anyway = doneAnyway(before, planned.facts)
  const changes = planned.changes.filter((change) => !anyway.has(keyOf(change)))
  return { ...planned, changes, disrupts: disruptedGroups(membersOn(catalog, planned.facts), changes) }
}

function doneAnyway(catalog: HostCatalog, facts: Facts): ReadonlySet<string> {
  try {
    return new Set(planHost(catalog, facts).changes.map(keyOf))
  } catch (error) {
    if (error instanceof ResourceConflict) return new Set()
    throw error
  }
}

function keyOf({ resource, operation, guard, whenOwed }: Change): string {
  return JSON.stringify([resource, operation, guard, whenOwed])
}

/** The resources of which the manifest says more than their names, or nothing. */
function differing(catalog: HostCatalog, { state }: Facts): HostCatalog {
  const same = new Set(state?.manifest.flatMap(({ resource, desired }) => (desired === '' ? [resource] : [])))
  return { ...catalog, entries: catalog.entries.filter(({ resource }) => !same.has(resource.id)) }
}

function withCauses(changes: readonly Change[], { entries }: HostCatalog, facts: Facts): readonly Change[] {
  const byId = new Map<string, CatalogEntry>(entries.map((entry) => [entry.resource.id, entry]))
  const known = new Map<string, ManifestEntry>(
    facts.state?.manifest.map((applied) => [applied.resource, applied]),
  )
  return changes.map((change): Change => {
    const entry = byId.get(change.resource)
    if (entry === undefined || change.cause !== undefined || isConsequence(change)) return change
    return { ...change, ...given({ cause: causeOf(entry, change, facts, known.get(change.resource)) }) }
  })
}

function unchanged(host: string): PlannedHost {
  return {
    host,
    status: 'planned',
    changes: [],
    facts: supposedFacts([], 'inactive'),
    disrupts: [],
    notes: [],
  }
}

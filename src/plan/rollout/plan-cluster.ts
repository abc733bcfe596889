import { ConvergeError, ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Member } from '../../model/manifest.ts'
import type { HostPlan, Intent, Plan, PlannedHost } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { heldBy } from '../../record/hold.ts'
import { withRecord } from '../../record/with-record.ts'
import { type GroupMember, startedGroups } from '../disruption.ts'
import { planHost } from '../host/plan-host.ts'
import { claimKeys } from '../undo/claims-on.ts'
import { leftAlone, noPrune, prune, silentDrops } from '../undo/prune.ts'
import { consents } from './consents.ts'
import { findGroups, type Groups } from './groups.ts'
import { departed, formerName, type Inspection, remembered } from './members.ts'
import { planWaves } from './waves.ts'

export type PlanOptions = Omit<Extract<Intent, { kind: 'apply' }>, 'kind'>

/**
 * The whole plan, from the catalog of all hosts and the inspection of the selected ones. Pure: the same input gives
 * the same plan. A host that cannot be planned is in it as `failed`.
 */
export function planCluster(
  catalog: Catalog,
  inspection: Inspection,
  options: PlanOptions = { prune: true, release: false },
  members: readonly Member[] = [],
): Plan {
  const groups = findGroups(catalog)
  const hosts = catalog.hosts
    .filter(({ host }) => inspection.has(host))
    .map((hostCatalog) => planOne(hostCatalog, inspection, groups, members, options))
  return {
    cluster: catalog.cluster,
    intent: { kind: 'apply', ...options },
    hosts,
    waves: planWaves(hosts, findGroups(catalog, hosts)),
    departed: departed(members, inspection),
    consents: [
      ...(options.prune ? consents(catalog, hosts) : []),
      ...swaps(catalog, hosts),
      ...newBeginnings(catalog, hosts, groups),
    ],
  }
}

function planOne(
  catalog: HostCatalog,
  inspection: Inspection,
  groups: Groups,
  members: readonly Member[],
  options: PlanOptions,
): HostPlan {
  const facts = inspection.get(catalog.host)
  if (facts === undefined || facts instanceof ConvergeError) {
    const error =
      facts ?? new ConvergeError('connect-failed', 'not inspected', { host: catalog.host, step: 'inspect' })
    return { host: catalog.host, status: 'failed', error }
  }
  try {
    refuseForeignClaims(catalog, facts)
    refuseSameMachine(catalog.host, facts, inspection)
    const held = heldBy(catalog, facts)
    // A rolled-back host is not changed, even if the catalog differs.
    if (held !== undefined && !options.release) return { host: catalog.host, status: 'held', held, facts }
    const pruned = options.prune ? prune(catalog, facts) : noPrune
    const planned = planHost(catalog, facts, pruned)
    const stays = options.prune ? leftAlone(catalog, facts) : []
    const plan = { ...planned, notes: [...planned.notes, ...stays, ...renameNote(catalog.host, facts)] }
    const refusal = bootstrapRefusal(plan, catalog, inspection, groups)
    return refusal === undefined
      ? withRecord(plan, catalog, {
          drops: options.prune ? silentDrops(catalog, facts, pruned) : [],
          moved: pruned.moved,
          members: remembered(members, facts, inspection),
        })
      : { host: catalog.host, status: 'failed', error: refusal }
  } catch (error) {
    if (error instanceof ConvergeError) return { host: catalog.host, status: 'failed', error }
    if (!(error instanceof ResourceConflict)) throw error
    return { host: catalog.host, status: 'failed', error: conflictOn(catalog.host, error) }
  }
}

/** A resource conflict as a failure of its host. */
export function conflictOn(host: string, conflict: ResourceConflict): ConvergeError {
  return new ConvergeError('resource-conflict', `${conflict.resource}: ${conflict.message}`, {
    host,
    step: 'plan',
    remedy: conflict.remedy,
    cause: conflict,
  })
}

/**
 * A group is bootstrapped only if every member answered and none holds data: unreachable is not dead. A member that has
 * lost its data does not start beside others: it would begin a group of its own.
 */
function bootstrapRefusal(
  { host, facts }: PlannedHost,
  catalog: HostCatalog,
  inspection: Inspection,
  groups: Groups,
): ConvergeError | undefined {
  const refusal = (message: string, remedy: string): ConvergeError =>
    new ConvergeError('bootstrap-refused', message, { host, step: 'plan', remedy })
  for (const [group, members] of groups) {
    const own = members.get(host)
    if (own?.data === undefined || holdsData(facts, own) !== false) continue
    const others = [...members].filter(([name]) => name !== host)
    const holders = others.filter(([name, member]) => holdsData(inspection.get(name), member) === true)
    const silent = others.flatMap(([name]) => (isFacts(inspection.get(name)) ? [] : [name]))
    if (holders.length > 0 && onceHeldData(own.data, catalog, facts)) {
      const names = holders.map(([name]) => name).join(', ')
      return refusal(
        `${own.unit} has lost its data: ${own.data} is gone, and ${names} of ${group} ${holders.length === 1 ? 'holds its own' : 'hold theirs'}`,
        'Started now, it would begin a group of its own. Restore the data, or replace the member by hand: remove it from the group, add it again, and start it as one that joins (for etcd: `etcdctl member remove`, `etcdctl member add`, ETCD_INITIAL_CLUSTER_STATE=existing). Then run converge again.',
      )
    }
    // An empty member joins if others hold data: it finishes an interrupted bootstrap.
    if (holders.length > 0 || silent.length === 0) continue
    return refusal(
      `${group} cannot be bootstrapped: ${silent.join(', ')} did not answer or ${silent.length === 1 ? 'is' : 'are'} not selected`,
      'A new group starts with all of its members at once: make them all reachable, and select them all.',
    )
  }
  return undefined
}

/** Groups that begin anew because all data of their members is lost, one sentence each. */
function newBeginnings(catalog: Catalog, hosts: readonly HostPlan[], groups: Groups): readonly string[] {
  const catalogs = new Map(catalog.hosts.map((one) => [one.host, one]))
  return [...groups].flatMap(([group, members]) => {
    const lost = hosts.flatMap((plan) => {
      const [own, hostCatalog] = [members.get(plan.host), catalogs.get(plan.host)]
      if (plan.status !== 'planned' || own?.data === undefined || hostCatalog === undefined) return []
      // While another member holds data, or may hold some, it is not planned.
      const isEmpty = holdsData(plan.facts, own) === false && startedGroups([own], plan.changes).length > 0
      return isEmpty && onceHeldData(own.data, hostCatalog, plan.facts) ? [plan.host] : []
    })
    return lost.length === 0
      ? []
      : [`${group} has lost its data on ${lost.join(', ')}, no member holds any, and it will begin anew`]
  })
}

/** Whether a file that was wanted until the data exists is recorded as removed. */
function onceHeldData(data: string, { entries }: HostCatalog, { state }: Facts): boolean {
  const waiting = new Set<string>(
    entries.flatMap(({ resource: { id, probes } }) =>
      probes.some((probe) => probe.probe === 'path' && probe.path === data) ? [id] : [],
    ),
  )
  return (state?.manifest ?? []).some(
    ({ resource, paths }) => waiting.has(resource) && Object.values(paths).includes('absent'),
  )
}

/** Two names for one machine would each prune what the other one makes. */
function refuseSameMachine(host: string, { platform }: Facts, inspection: Inspection): void {
  if (platform.machine === undefined) return
  for (const [other, facts] of inspection) {
    if (other === host || !isFacts(facts) || facts.platform.machine !== platform.machine) continue
    const remedy = 'Remove one of the two names from the spec, or correct its address.'
    throw new ConvergeError('resource-conflict', `${host} and ${other} are the same machine`, {
      host,
      step: 'plan',
      remedy,
    })
  }
}

function renameNote(host: string, facts: Facts): readonly string[] {
  const former = formerName(host, facts)
  return former === undefined ? [] : [`this machine was ${former} until now, and keeps what it has`]
}

/** Machines that take the name of another host of the spec, one sentence each: perhaps an address is wrong. */
function swaps(catalog: Catalog, hosts: readonly HostPlan[]): readonly string[] {
  const names = new Set(catalog.hosts.map(({ host }) => host))
  return hosts.flatMap((plan) => {
    if (plan.status !== 'planned' || plan.changes.length === 0) return []
    const former = formerName(plan.host, plan.facts)
    return former === undefined || !names.has(former)
      ? []
      : [`${plan.host} is the machine that was ${former} until now, and the spec has ${former} elsewhere`]
  })
}

/** Refuses resources that another cluster manages on this host. */
function refuseForeignClaims(catalog: HostCatalog, facts: Facts): void {
  for (const { cluster, manifest } of facts.state?.others ?? []) {
    const theirs = new Map(manifest.flatMap((entry) => claimKeys(entry).map((key) => [key, entry.resource])))
    for (const { resource } of catalog.entries) {
      for (const { kind, key } of resource.claims) {
        const owner = theirs.get(`${kind} ${key}`)
        if (owner === undefined) continue
        throw new ResourceConflict(
          resource.id,
          `${kind === 'path' ? key : `${kind} ${key}`} belongs to ${owner} of the cluster ${cluster}`,
          `If the cluster ${cluster} was renamed, run \`converge adopt-cluster ${cluster}\`. Otherwise remove the resource from one of the two specs; if that is the one of ${cluster}, converge ${cluster} first.`,
        )
      }
    }
  }
}

function holdsData(facts: Facts | ConvergeError | undefined, { data }: GroupMember): boolean | undefined {
  if (!isFacts(facts) || data === undefined) return undefined
  const fact = facts.paths[data]
  return fact === undefined ? undefined : fact.type !== 'absent'
}

function isFacts(facts: Facts | ConvergeError | undefined): facts is Facts {
  return facts !== undefined && !(facts instanceof ConvergeError)
}

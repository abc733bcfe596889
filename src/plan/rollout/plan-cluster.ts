import { consentsTo } from '../../model/consent.ts'
import { ConvergeError, ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Member } from '../../model/manifest.ts'
import type { HostPlan, Intent, Plan, PlannedHost } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { heldBy } from '../../record/hold.ts'
import { type Leaving, withRecord } from '../../record/with-record.ts'
import {
  leftOutOf,
  leftPending,
  movedBySelected,
  narrowed,
  narrowedFacts,
  refuseMissingBefore,
  selectable,
  selectsById,
  selectsOf,
} from '../host/only.ts'
import { planHost } from '../host/plan-host.ts'
import { withReboot } from '../host/reboot.ts'
import { claimKeys, partsKey } from '../undo/claims-on.ts'
import { leftAlone, noPrune, type Prune, prune, silentDrops } from '../undo/prune.ts'
import { bootstrapRefusal, startsWithoutData } from './bootstrap.ts'
import { consents, lostContents } from './consents.ts'
import { findGroups, type Groups } from './groups.ts'
import { departed, type Inspection, remembered } from './members.ts'
import { pacedWaves } from './pace.ts'
import {
  allOrNone,
  asStopped,
  type Restoring,
  restoreConsents,
  restoreWaves,
  restoringOf,
  takesPart,
} from './restore.ts'
import { refuseSameMachine, renameNote, swaps } from './same-machine.ts'
import { clusterObjects, sharedAnswers, withShared } from './shared-answers.ts'

export type PlanOptions = Omit<Extract<Intent, { kind: 'apply' }>, 'kind'>

/** With the time, for windows: if it is absent, none is open. */
export interface PlanningOptions extends PlanOptions {
  readonly now?: Date
}

/**
 * The whole plan, from the catalog of all hosts and the inspection of the selected ones. Pure: the same input gives
 * the same plan. A host that cannot be planned is in it as `failed`. `finish` adds the records.
 */
export function planCluster(
  catalog: Catalog,
  inspection: Inspection,
  { now, ...options }: PlanningOptions = { prune: true, release: false },
  members: readonly Member[] = [],
  finish: typeof withRecord = withRecord,
): Plan {
  const groups = findGroups(catalog)
  const answers = sharedAnswers(catalog.hosts, inspection)
  const shared = { answers, objects: clusterObjects(catalog.hosts, inspection) }
  const restoring = options.restore && restoringOf(options.restore, inspection, answers, groups)
  const planned = catalog.hosts
    .filter(({ host }) => inspection.has(host) && takesPart(host, options.restore))
    .map((hostCatalog) =>
      planOne(hostCatalog, {
        inspection,
        groups,
        shared,
        members,
        options,
        finish,
        ...given({ now, restoring }),
      }),
    )
  const hosts = restoring === undefined ? planned : allOrNone(planned, restoring)
  return {
    cluster: catalog.cluster,
    intent: { kind: 'apply', ...options },
    hosts,
    waves:
      restoring === undefined
        ? pacedWaves(hosts, findGroups(catalog, hosts), options.pace)
        : restoreWaves(hosts),
    addresses: addressesOf(catalog),
    departed: departed(members, inspection),
    consents: [
      ...consentsTo('prune', options.prune ? consents(catalog, hosts) : []),
      ...consentsTo('discard', lostContents(catalog, hosts)),
      ...consentsTo('rename', swaps(catalog, hosts)),
      ...(restoring === undefined
        ? consentsTo('start', startsWithoutData(catalog, hosts, groups, inspection))
        : consentsTo('restore', restoreConsents(hosts, restoring, groups))),
      ...hosts.flatMap((host) =>
        host.status === 'planned' ? host.changes.flatMap(({ consent }) => consent ?? []) : [],
      ),
    ],
  }
}

export function addressesOf({ hosts }: Catalog): Readonly<Record<string, string>> {
  return Object.fromEntries(
    hosts.flatMap(({ host, address = host }) => (address === host ? [] : [[host, address]])),
  )
}

interface Surroundings {
  readonly inspection: Inspection
  readonly groups: Groups
  readonly shared: Parameters<typeof withShared>[2]
  readonly members: readonly Member[]
  readonly options: PlanOptions
  readonly finish: typeof withRecord
  readonly now?: Date
  readonly restoring?: Restoring
}

function planOne(catalog: HostCatalog, surroundings: Surroundings): HostPlan {
  const { inspection, groups, shared, members, options, finish, now, restoring } = surroundings
  const inspected = inspection.get(catalog.host)
  if (inspected === undefined || inspected instanceof ConvergeError) {
    const error =
      inspected ??
      new ConvergeError('connect-failed', 'not inspected', { host: catalog.host, step: 'inspect' })
    return { host: catalog.host, status: 'failed', error }
  }
  const facts = {
    ...withShared(inspected, catalog.host, shared, options),
    ...given({ restore: restoring?.restore }),
  }
  const { message, remedy } = restoring?.refusal ?? {}
  if (message !== undefined) {
    const error = new ConvergeError('bootstrap-refused', message, {
      host: catalog.host,
      step: 'plan',
      ...given({ remedy }),
    })
    return { host: catalog.host, status: 'failed', error }
  }
  if (restoring?.lost.has(catalog.host)) {
    const note = `${catalog.host} has begun, and has lost its data since: after this, converge lets it join`
    return { host: catalog.host, status: 'planned', changes: [], facts, disrupts: [], notes: [note] }
  }
  try {
    refuseForeignClaims(selectedOf(catalog, options), facts)
    refuseSameMachine(catalog.host, facts, inspection)
    const held = heldBy(catalog, facts)
    // A rolled-back host is not changed, even if the catalog differs.
    if (held !== undefined && !options.release) return { host: catalog.host, status: 'held', held, facts }
    const begins = restoring === undefined ? facts : asStopped(facts, catalog.host, restoring, groups)
    const { planned, pruned, leaving } = planPart(catalog, begins, options)
    const stays = options.prune ? leftAlone(catalog, facts, leaving?.selects) : []
    const plan = {
      ...planned,
      facts: { ...planned.facts, units: facts.units },
      notes: [...planned.notes, ...stays, ...renameNote(catalog.host, facts)],
    }
    const refusal = restoring === undefined ? bootstrapRefusal(plan, catalog, inspection, groups) : undefined
    if (refusal !== undefined) return { host: catalog.host, status: 'failed', error: refusal }
    const recorded = finish(plan, catalog, {
      drops: options.prune ? silentDrops(catalog, facts, pruned, leaving?.selects) : [],
      moved: pruned.moved,
      members: remembered(members, facts, inspection),
      ...leaving,
    })
    // It is no change of the host that could be undone.
    return withReboot(recorded, catalog, now)
  } catch (error) {
    if (error instanceof ConvergeError) return { host: catalog.host, status: 'failed', error }
    if (!(error instanceof ResourceConflict)) throw error
    return { host: catalog.host, status: 'failed', error: conflictOn(catalog.host, error) }
  }
}

function selectedOf(catalog: HostCatalog, { only }: PlanOptions): HostCatalog {
  if (only === undefined) return catalog
  const selects = selectsOf(only)
  return { ...catalog, entries: catalog.entries.filter((entry) => selects(selectable(entry))) }
}

interface Part {
  readonly planned: PlannedHost
  readonly pruned: Prune
  /** Absent if all resources are planned. */
  readonly leaving?: Required<Pick<Leaving, 'selects' | 'leaves'>>
}

/** The changes of one host, of what `only` selects if that is given. Throws a ResourceConflict. */
export function planPart(
  catalog: HostCatalog,
  facts: Facts,
  { prune: prunes, only }: Pick<PlanOptions, 'prune' | 'only'>,
): Part {
  const whole = (): Part => {
    const pruned = prunes ? prune(catalog, facts) : noPrune(catalog, facts)
    return { planned: planHost(catalog, facts, pruned), pruned }
  }
  if (only === undefined) return whole()
  const isSelected = selectsOf(only)
  const selects = selectsById(catalog, facts, isSelected)
  refuseMissingBefore(catalog, facts, isSelected)
  const part = narrowed(catalog, isSelected)
  const seen = narrowedFacts(catalog, facts, isSelected)
  const pruned = prunes ? prune(part, seen, selects) : noPrune(part, seen)
  const planned = planHost(part, seen, pruned)
  const { leftOut, notes } = leftOutOf(catalog, facts, isSelected, {
    prune: prunes,
    whole: () => whole().planned.changes,
  })
  const leaves = leftPending(catalog, facts, isSelected, planned.changes)
  const settled = planned.changes.flatMap(({ settles, absorbs = [] }) => [...settles, ...absorbs])
  const pending = leaves.flatMap(({ action, resource }) =>
    settled.some((one) => one.resource === resource && one.action === action)
      ? []
      : [`the ${action} of ${resource} stays pending`],
  )
  return {
    planned: {
      ...planned,
      facts: { ...planned.facts, pending: facts.pending, units: facts.units },
      leftOut,
      notes: [...planned.notes, ...notes, ...pending],
    },
    pruned: { ...pruned, moved: movedBySelected(catalog, isSelected, pruned.moved) },
    leaving: { selects, leaves },
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

/** Refuses resources that another cluster manages on this host. */
function refuseForeignClaims(catalog: HostCatalog, facts: Facts): void {
  for (const { cluster, manifest } of facts.state?.others ?? []) {
    const theirs = new Map(manifest.flatMap((entry) => claimKeys(entry).map((key) => [key, entry.resource])))
    for (const { resource } of catalog.entries) {
      for (const { kind, key, in: file } of resource.claims) {
        const others = file === undefined ? partsKey(key) : `path ${file}`
        const owner = theirs.get(`${kind} ${key}`) ?? theirs.get(others)
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

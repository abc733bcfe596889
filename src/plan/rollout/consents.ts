import type { KeptGeneration, ManifestEntry } from '../../model/manifest.ts'
import type { HostPlan } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { packagesAlong } from '../host/packages.ts'
import { treeConsents } from '../host/trees.ts'
import { leftBehind } from '../undo/prune.ts'

type Planned = Extract<HostPlan, { status: 'planned' }>

/** A prune of at least this many resources, and of more than half of what is there, is probably a mistake. */
const largePrune = 3

/** Removals that are probably a mistake, one sentence each. */
export function consents(catalog: Catalog, hosts: readonly HostPlan[]): readonly string[] {
  const catalogs = new Map(catalog.hosts.map((hostCatalog) => [hostCatalog.host, hostCatalog]))
  return hosts.flatMap((plan): readonly string[] => {
    const hostCatalog = catalogs.get(plan.host)
    if (plan.status !== 'planned' || plan.changes.length === 0 || hostCatalog === undefined) return []
    const undone = new Set(
      plan.changes.flatMap(({ resource, operation }) => (operation.op === 'record' ? [] : [resource])),
    )
    const gone = leftBehind(hostCatalog, plan.facts).filter(({ resource }) => undone.has(resource))
    const absent = new Set<string>(
      hostCatalog.entries.flatMap(({ resource }) => (resource.desired.absent === true ? [resource.id] : [])),
    )
    const ending = (plan.facts.state?.manifest ?? []).filter(
      ({ resource }) => absent.has(resource) && undone.has(resource),
    )
    return [
      ...(gone.length === 0 ? [] : sizeConsent(hostCatalog, gone, plan)),
      ...groupConsents(plan.host, [...gone, ...ending]),
      ...packageConsents(plan),
    ]
  })
}

/** What the hosts lose with the trees of archives that make way. */
export function lostContents(catalog: Catalog, hosts: readonly HostPlan[]): readonly string[] {
  return catalog.hosts.flatMap((hostCatalog) => {
    const plan = hosts.find(({ host }) => host === hostCatalog.host)
    return plan?.status === 'planned' ? treeConsents(plan.host, plan.changes, hostCatalog, plan.facts) : []
  })
}

/** The same for a rollback, which removes what was created after a generation. */
export function rollbackConsents(plan: HostPlan, oldest: KeptGeneration | undefined): readonly string[] {
  if (plan.status !== 'planned' || plan.changes.length === 0 || oldest === undefined) return []
  const before = new Set<string>(oldest.manifest.map(({ resource }) => resource))
  const gone = (plan.facts.state?.manifest ?? []).filter(({ resource }) => !before.has(resource))
  return [...shareConsent(gone, plan), ...groupConsents(plan.host, gone), ...packageConsents(plan)]
}

function sizeConsent(catalog: HostCatalog, gone: readonly ManifestEntry[], plan: Planned): readonly string[] {
  if (catalog.entries.length > 0 || plan.leftOut !== undefined) return shareConsent(gone, plan)
  return [
    `${plan.host} has no resources left in the spec; all ${plan.facts.state?.manifest.length ?? 0} will be removed`,
  ]
}

function shareConsent(gone: readonly ManifestEntry[], plan: Planned): readonly string[] {
  const all = plan.facts.state?.manifest.length ?? 0
  if (gone.length < largePrune || gone.length * 2 <= all) return []
  return [`${plan.host}: ${gone.length} of its ${all} resources will be removed`]
}

/** What the package manager removes besides, and nobody declares. */
function packageConsents({ host, changes, facts }: Planned): readonly string[] {
  const along = packagesAlong(changes, facts)
  return along.length === 0
    ? []
    : [`${host}: packages that no spec declares will be removed as well: ${along.join(', ')}`]
}

function groupConsents(host: string, gone: readonly ManifestEntry[]): readonly string[] {
  return gone.flatMap(({ resource, group }) =>
    group === undefined ? [] : [`${host}: ${resource}, a member of ${group}, will be removed`],
  )
}

import type { Facts } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Change } from '../model/plan.ts'
import type { Disruption } from '../model/relations.ts'
import type { HostCatalog } from '../model/resource.ts'

interface FailureDomain {
  readonly label: string
  /** That of the host, or the host itself if it has none. */
  readonly value: string
}

/** A member of a group on one host. */
export interface GroupMember extends Pick<Disruption, 'group' | 'healthy' | 'data'> {
  readonly unit: string
  /** Absent for a member that was removed from the spec, as is how many may be down. */
  readonly healthyTimeoutSeconds?: number
  /** What of its host is never down together with another one. */
  readonly domain?: FailureDomain
  /** Absent for a member that was removed from the spec: the others say how many may be down. */
  readonly maxUnavailable?: Disruption['maxUnavailable']
}

/** The members on a host: those in the spec, and those that converge made and the spec no longer has. */
export function membersOn(catalog: HostCatalog, facts?: Facts): readonly GroupMember[] {
  const { entries, host, labels = {}, reboot } = catalog
  const declared = entries.flatMap(({ resource: { name, relations } }): readonly GroupMember[] => {
    if (relations.disruption === undefined) return []
    const { failureDomain, ...member } = relations.disruption
    const label = failureDomain?.slice('label:'.length)
    const domain = label === undefined ? undefined : { label, value: labels[label] ?? host }
    return [{ ...member, unit: name, ...given({ domain }) }]
  })
  const known = new Set<string>(
    entries.flatMap(({ resource }) => (resource.desired.absent === true ? [] : [resource.id])),
  )
  // The name comes from the host, and is part of a command: only what systemd allows in one.
  const leaving = (facts?.state?.manifest ?? []).flatMap(({ resource, group }): readonly GroupMember[] => {
    const [, unit] = /^unit\[([\w:.\\@-]+)\]$/.exec(resource) ?? []
    if (group === undefined || unit === undefined || known.has(resource)) return []
    return [{ group, unit, healthy: `systemctl is-active --quiet -- '${unit}'` }]
  })
  const rebooting = reboot?.group
  const isMember = [...declared, ...leaving].some(({ group }) => group === rebooting)
  return [...declared, ...leaving, ...(rebooting === undefined || isMember ? [] : [rebootMember(rebooting)])]
}

/** A host in a group of hosts of which one at a time reboots: it is up if it answers. */
function rebootMember(group: string): GroupMember {
  return { group, unit: 'reboot.target', maxUnavailable: 1, healthy: 'true' }
}

/** What the plans of other hosts need of a catalog: its members of groups. */
export function membersOnly(catalog: HostCatalog): HostCatalog {
  const entries = catalog.entries.filter(({ resource }) => resource.relations.disruption !== undefined)
  return { ...catalog, entries }
}

/** The groups of which the changes stop or restart a member, or systemd does with them. */
export function disruptedGroups(
  members: readonly GroupMember[],
  changes: readonly Change[],
): readonly string[] {
  const down = new Set(
    changes.flatMap(({ operation, takesAlong = [] }) => {
      if (operation.op !== 'unit') return []
      const { unit, action, around } = operation
      const own = action === 'restart' || action === 'stop' ? [unit] : []
      // The service of a socket stops as well.
      return [...own, ...(around === undefined ? [] : [around]), ...takesAlong]
    }),
  )
  return groupsOf(members, down)
}

/** The groups of which the changes start a member; it is down until then. */
export function startedGroups(
  members: readonly GroupMember[],
  changes: readonly Change[],
): readonly string[] {
  const started = new Set(
    changes.flatMap(({ operation }) =>
      operation.op === 'unit' && operation.action === 'start' ? [operation.unit] : [],
    ),
  )
  return groupsOf(members, started)
}

function groupsOf(members: readonly GroupMember[], units: ReadonlySet<string>): readonly string[] {
  return [...new Set(members.flatMap(({ unit, group }) => (units.has(unit) ? [group] : [])))]
}

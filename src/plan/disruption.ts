import type { Facts } from '../model/facts.ts'
import type { Change } from '../model/plan.ts'
import type { Disruption } from '../model/relations.ts'
import type { HostCatalog } from '../model/resource.ts'

/** A member of a group on one host. */
export interface GroupMember extends Pick<Disruption, 'group' | 'healthy' | 'data'> {
  readonly unit: string
  /** Absent for a member that was removed from the spec: the others say how many may be down. */
  readonly maxUnavailable?: Disruption['maxUnavailable']
}

/** The members on a host: those in the spec, and those that converge made and the spec no longer has. */
export function membersOn({ entries }: HostCatalog, facts?: Facts): readonly GroupMember[] {
  const declared = entries.flatMap(({ resource: { name, relations } }) =>
    relations.disruption === undefined ? [] : [{ ...relations.disruption, unit: name }],
  )
  const known = new Set<string>(
    entries.flatMap(({ resource }) => (resource.desired.absent === true ? [] : [resource.id])),
  )
  // The name comes from the host, and is part of a command: only what systemd allows in one.
  const leaving = (facts?.state?.manifest ?? []).flatMap(({ resource, group }): readonly GroupMember[] => {
    const [, unit] = /^unit\[([\w:.\\@-]+)\]$/.exec(resource) ?? []
    if (group === undefined || unit === undefined || known.has(resource)) return []
    return [{ group, unit, healthy: `systemctl is-active --quiet -- '${unit}'` }]
  })
  return [...declared, ...leaving]
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

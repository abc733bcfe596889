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
  const known = new Set<string>(entries.map(({ resource }) => resource.id))
  // The name comes from the host, and is part of a command: only what systemd allows in one.
  const leaving = (facts?.state?.manifest ?? []).flatMap(({ resource, group }): readonly GroupMember[] => {
    const [, unit] = /^unit\[([\w:.\\@-]+)\]$/.exec(resource) ?? []
    if (group === undefined || unit === undefined || known.has(resource)) return []
    return [{ group, unit, healthy: `systemctl is-active --quiet -- '${unit}'` }]
  })
  return [...declared, ...leaving]
}

/** The groups of which the changes stop or restart a member. */
export function disruptedGroups(
  members: readonly GroupMember[],
  changes: readonly Change[],
): readonly string[] {
  return groupsWith(members, changes, ['restart', 'stop'])
}

/** The groups of which the changes start a member; it is down until then. */
export function startedGroups(
  members: readonly GroupMember[],
  changes: readonly Change[],
): readonly string[] {
  return groupsWith(members, changes, ['start'])
}

function groupsWith(
  members: readonly GroupMember[],
  changes: readonly Change[],
  actions: readonly string[],
): readonly string[] {
  const acts = ({ unit }: GroupMember): boolean =>
    changes.some(
      ({ operation }) =>
        operation.op === 'unit' &&
        ((operation.unit === unit && actions.includes(operation.action)) ||
          // It stops, too.
          (operation.around === unit && actions.includes('stop'))),
    )
  return [...new Set(members.filter(acts).map(({ group }) => group))]
}

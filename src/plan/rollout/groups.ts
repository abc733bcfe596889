import type { HostPlan } from '../../model/plan.ts'
import type { Catalog } from '../../model/resource.ts'
import { type GroupMember, membersOn } from '../disruption.ts'

/** The members of each group by host, whether the host is selected or not. */
export type Groups = ReadonlyMap<string, ReadonlyMap<string, GroupMember>>

/**
 * The groups of a catalog. With the planned hosts, a member that was removed from the spec counts as well, for as long as
 * its group exists: the others still know it.
 */
export function findGroups(catalog: Catalog, hosts: readonly HostPlan[] = []): Groups {
  const facts = new Map(hosts.flatMap((plan) => ('facts' in plan ? [[plan.host, plan.facts] as const] : [])))
  const groups = new Map<string, Map<string, GroupMember>>()
  for (const hostCatalog of catalog.hosts) {
    for (const member of membersOn(hostCatalog, facts.get(hostCatalog.host))) {
      const members = groups.get(member.group) ?? new Map<string, GroupMember>()
      groups.set(member.group, members.set(hostCatalog.host, member))
    }
  }
  return new Map([...groups].filter(([, members]) => limitsOf(members).length > 0))
}

/** How many members may be down at once: at least one, or nothing would ever change. */
export function allowance(members: ReadonlyMap<string, GroupMember>): number {
  return Math.max(1, Math.min(...limitsOf(members)))
}

function limitsOf(members: ReadonlyMap<string, GroupMember>): readonly number[] {
  return [...members.values()].flatMap(({ maxUnavailable }) => {
    if (typeof maxUnavailable !== 'string') return maxUnavailable ?? []
    if (maxUnavailable === 'quorum') return members.size - quorumOf(members.size)
    return Math.floor((members.size * Number(maxUnavailable.slice(0, -1))) / 100)
  })
}

/** The least majority. */
export function quorumOf(members: number): number {
  return Math.floor(members / 2) + 1
}

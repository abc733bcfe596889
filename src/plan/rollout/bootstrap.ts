import { ConvergeError } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { HostPlan, PlannedHost } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { type GroupMember, startedGroups } from '../disruption.ts'
import type { Groups } from './groups.ts'
import { type Inspection, isFacts } from './members.ts'

/**
 * A group is bootstrapped only if every member answered and none holds data: unreachable is not dead. A member that has
 * lost its data does not start beside others: it would begin a group of its own.
 */
export function bootstrapRefusal(
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
export function newBeginnings(
  catalog: Catalog,
  hosts: readonly HostPlan[],
  groups: Groups,
): readonly string[] {
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

function holdsData(facts: Facts | ConvergeError | undefined, { data }: GroupMember): boolean | undefined {
  if (!isFacts(facts) || data === undefined) return undefined
  const fact = facts.paths[data]
  return fact === undefined ? undefined : fact.type !== 'absent'
}

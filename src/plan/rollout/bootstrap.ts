import { ConvergeError } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { HostPlan, PlannedHost } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { type GroupMember, startedGroups } from '../disruption.ts'
import type { Groups } from './groups.ts'
import { type Inspection, isFacts } from './members.ts'

const replaceByHand =
  'replace the member by hand: remove it from the group, add it again, and start it as one that joins (for etcd: `etcdctl member remove`, `etcdctl member add`, ETCD_INITIAL_CLUSTER_STATE=existing)'

/** What to do if too few of the members are left that say who is one. */
function withoutQuorum(group: string): string {
  return `If ${group} has lost its quorum, \`converge etcd restore --group ${group}\` goes on from a snapshot (--from FILE) or from the data of one member (--from-member HOST).`
}

/**
 * A group is bootstrapped only if every member answered and none holds data: unreachable is not dead. A member that has
 * lost its data does not start beside others: it would begin a group of its own.
 */
export function bootstrapRefusal(
  plan: PlannedHost,
  catalog: HostCatalog,
  inspection: Inspection,
  groups: Groups,
): ConvergeError | undefined {
  const { host, facts } = plan
  const refusal = (message: string, remedy: string): ConvergeError =>
    new ConvergeError('bootstrap-refused', message, { host, step: 'plan', remedy })
  for (const [group, members] of groups) {
    const own = members.get(host)
    if (own?.data === undefined || holdsData(facts, own) !== false) continue
    // It joins those that answered.
    if (joins(plan, group)) continue
    // A member that is left out does not start.
    if (plan.leftOut !== undefined && startedGroups([own], plan.changes).length === 0) continue
    const others = [...members].filter(([name]) => name !== host)
    const holders = holdersOf(members, inspection)
    const silent = others.flatMap(([name]) => (isFacts(inspection.get(name)) ? [] : [name]))
    if (holders.length > 0 && bootstrapOf(own.data, catalog, facts) === 'finished') {
      return refusal(
        `${own.unit} has lost its data: ${own.data} is gone, and ${holdTheirs(holders, group)}`,
        asksMembers(catalog, own.data)
          ? `None of them answers; started now, it would begin a group of its own. Start the others first, and it joins them. ${withoutQuorum(group)}`
          : `Started now, it would begin a group of its own. Restore the data, or ${replaceByHand}. Then run converge again.`,
      )
    }
    const { data } = own
    const isUnfinished = (name: string): boolean => {
      const other = inspection.get(name)
      return isFacts(other) && bootstrapOf(data, catalog, other) === 'unfinished'
    }
    if (
      holders.length > 0 &&
      asksMembers(catalog, data) &&
      ![[host], holders].some((all) => all.every(isUnfinished))
    ) {
      return refusal(
        `whether ${host} is a member of ${group} is not known: ${holdTheirs(holders, group)}, and none of them answers`,
        `Select and start the others first: they say who is a member, and this one joins them. ${withoutQuorum(group)}`,
      )
    }
    const leaving = [...inspection].flatMap(([name, other]) =>
      !members.has(name) && isFacts(other) && other.state?.manifest.some((entry) => entry.group === group)
        ? [name]
        : [],
    )
    if (holders.length === 0 && leaving.length > 0) {
      return refusal(
        `${group} would begin anew: its members on ${leaving.join(', ')} leave the spec, and no other one holds data`,
        `Keep one of them in the spec until the new members have joined. To begin anew on purpose, remove ${group} from the spec and converge first.`,
      )
    }
    // An empty member joins if others hold data: it finishes an interrupted bootstrap, or needs consent.
    if (holders.length > 0 || silent.length === 0) continue
    return refusal(
      `${group} cannot be bootstrapped: ${silent.join(', ')} did not answer or ${silent.length === 1 ? 'is' : 'are'} not selected`,
      'A new group starts with all of its members at once: make them all reachable, and select them all.',
    )
  }
  return undefined
}

/**
 * Starts without data that are probably not meant, one sentence each: of a group that begins anew because all its data is
 * lost, and of a member beside others whose bootstrap is finished, as on a host that was reinstalled.
 */
export function startsWithoutData(
  catalog: Catalog,
  hosts: readonly HostPlan[],
  groups: Groups,
  inspection: Inspection,
): readonly string[] {
  const catalogs = new Map(catalog.hosts.map((one) => [one.host, one]))
  return [...groups].flatMap(([group, members]) => {
    const bootstrap = (host: string): Bootstrap => {
      const [data, facts, own] = [members.get(host)?.data, inspection.get(host), catalogs.get(host)]
      return data === undefined || own === undefined || !isFacts(facts)
        ? 'unknown'
        : bootstrapOf(data, own, facts)
    }
    const starting = hosts.flatMap((plan) => {
      const own = members.get(plan.host)
      if (plan.status !== 'planned' || joins(plan, group)) return []
      if (own === undefined || holdsData(plan.facts, own) !== false) return []
      return startedGroups([own], plan.changes).length > 0 ? [plan.host] : []
    })
    const holders = holdersOf(members, inspection)
    // Beside holders a member that has lost its data is not planned.
    const lost = starting.filter((host) => bootstrap(host) === 'finished')
    if (lost.length > 0)
      return [`${group} has lost its data on ${lost.join(', ')}, no member holds any, and it will begin anew`]
    if (holders.every((host) => bootstrap(host) === 'unfinished')) return []
    return starting
      .filter((host) => bootstrap(host) !== 'unfinished')
      .map(
        (host) =>
          `${host} will start in ${group} without data, and ${holdTheirs(holders, group)}: if it was a member before, as on a reinstalled host, it may begin a group of its own; then do not apply this, but ${replaceByHand}`,
      )
  })
}

function joins({ changes }: PlannedHost, group: string): boolean {
  return changes.some(({ regroups }) => regroups?.group === group)
}

/** Whether the members of the group say who is one. */
function asksMembers({ entries }: HostCatalog, data: string): boolean {
  return entries.some(
    ({ resource: { desired, probes } }) =>
      desired.until === data && probes.some(({ probe }) => probe === 'answer'),
  )
}

type Bootstrap = 'finished' | 'unfinished' | 'unknown'

/** What the files say that are wanted until the data exists: recorded as removed, or recorded and still there. */
function bootstrapOf(data: string, { entries }: HostCatalog, { paths, state }: Facts): Bootstrap {
  const waiting = new Set<string>(
    entries.flatMap(({ resource: { id, desired } }) => (desired.until === data ? [id] : [])),
  )
  const recorded = (state?.manifest ?? []).filter(({ resource }) => waiting.has(resource))
  if (recorded.some((entry) => Object.values(entry.paths).includes('absent'))) return 'finished'
  const files = recorded.flatMap((entry) => Object.keys(entry.paths))
  return files.some((path) => paths[path] !== undefined && paths[path].type !== 'absent')
    ? 'unfinished'
    : 'unknown'
}

function holdersOf(members: ReadonlyMap<string, GroupMember>, inspection: Inspection): readonly string[] {
  return [...members].flatMap(([name, member]) =>
    holdsData(inspection.get(name), member) === true ? [name] : [],
  )
}

function holdTheirs(holders: readonly string[], group: string): string {
  return `${holders.join(', ')} of ${group} ${holders.length === 1 ? 'holds its own' : 'hold theirs'}`
}

function holdsData(facts: Facts | ConvergeError | undefined, { data }: GroupMember): boolean | undefined {
  if (!isFacts(facts) || data === undefined) return undefined
  const fact = facts.paths[data]
  return fact === undefined ? undefined : fact.type !== 'absent'
}

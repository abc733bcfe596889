import { type Static, type TObject, Type } from 'typebox'
import type { ObjectFact } from '../../model/cluster-object.ts'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, Probe, SharedAnswer } from '../../model/facts.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { connectionOf, connectionProperties } from './connection.ts'
import { clusterQuestion } from './live-cluster.ts'

/** Properties of each kind that is an object of etcd. */
export const objectProperties = {
  group: Type.String({ description: 'the name of the group that the members are' }),
  ...connectionProperties,
}

type Desired = Static<TObject<typeof objectProperties>>

interface Named {
  readonly type: Extract<Probe, { probe: 'object' }>['type']
  readonly key: string
}

/** What is asked to find the members of a group. */
export function membersQuestion(group: string): string {
  return `members of ${group}`
}

export function membersProbe({ group, etcdctl, clientUrl }: Desired): Extract<Probe, { probe: 'answer' }> {
  return { probe: 'answer', name: membersQuestion(group), command: clusterQuestion(etcdctl, clientUrl) }
}

/** Throws a ResourceConflict if hosts that should be one cluster are two. */
export function refuseTwoClusters(id: ResourceId, group: string, { from, others }: SharedAnswer): void {
  if (others.length === 0) return
  throw new ResourceConflict(
    id,
    `there are two clusters of ${group}: ${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} in another one than ${from}`,
    'stop the one that is not meant, and set its data aside',
  )
}

/** What a kind has to say of its object. */
interface Change<Fact extends ObjectFact> {
  /** The step to what is desired, from an object that is known, or from whatever there is. */
  stepFrom(
    found: Fact | Extract<ObjectFact, { type: 'absent' }> | undefined,
    facts: Facts,
  ): Step['operation'] | undefined
  reason(found: ObjectFact): string
}

/** The behavior of an object that all members of a group declare, and one of them makes. */
export function clusterObject<Fact extends ObjectFact>(
  id: ResourceId,
  desired: Desired,
  { type, key }: Named,
  isOwnType: (fact: ObjectFact) => fact is Fact,
  { stepFrom, reason }: Change<Fact>,
) {
  const { group } = desired
  const question = membersQuestion(group)
  return {
    claims: [],
    probes: [
      membersProbe(desired),
      { probe: 'object', name: id, type, key, connection: connectionOf(desired) },
    ] satisfies readonly Probe[],
    steps(facts: Facts): readonly Step[] {
      // There is no cluster in a root tree.
      if (facts.platform.rooted) return []
      const shared = facts.shared?.[question]
      if (shared !== undefined) refuseTwoClusters(id, group, shared)
      if (!acts(question, facts)) return []
      const found = facts.objects[id] ?? undefined
      const operation = stepFrom(
        found !== undefined && (isOwnType(found) || found.type === 'absent') ? found : undefined,
        facts,
      )
      if (operation === undefined) return []
      return found === undefined
        ? [{ operation, reason: `known after apply: nothing answers for ${group} yet`, phase: 'last' }]
        : [{ operation, reason: reason(found) }]
    },
  }
}

/** Whether this host makes the object: the first one that answers or, if nobody does, the first one that asks. */
function acts(question: string, { shared, ofCluster }: Facts): boolean {
  const answer = shared?.[question]
  return answer?.isVantage ?? ofCluster?.leads.includes(question) ?? true
}

/** What each operation on an object has. */
export function objectOf(id: ResourceId, desired: Desired) {
  const { group } = desired
  return { object: id, group, question: membersQuestion(group), connection: connectionOf(desired) }
}

/** Whether the value that is replaced was sensitive when it was made. */
export function wasSensitive(id: ResourceId, { state }: Facts): boolean {
  return state?.manifest.find(({ resource }) => resource === id)?.sensitive === true
}

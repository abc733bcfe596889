import { Type } from 'typebox'
import type { EtcdConnection, ObjectFact } from '../../model/cluster-object.ts'
import { ResourceConflict } from '../../model/errors.ts'
import { membersQuestion } from '../../model/etcd-restore.ts'
import type { Facts, Probe, SharedAnswer } from '../../model/facts.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { type Connection, connectionProperties } from './connection.ts'
import { clusterQuestion } from './live-cluster.ts'

/** Properties of each kind that is an object of etcd. */
export const objectProperties = {
  group: Type.String({ description: 'the name of the group that the members are' }),
  ...connectionProperties,
}

interface Desired extends Connection {
  readonly group: string
}

interface Named {
  readonly type: Extract<Probe, { probe: 'object' }>['type']
  readonly key: string
}

export function membersProbe({ group, connect }: Desired): Extract<Probe, { probe: 'answer' }> {
  return { probe: 'answer', name: membersQuestion(group), command: clusterQuestion(connect) }
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
      if (roleFor(question, facts) === 'watches') return []
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

/**
 * What a host does about an object: `acts` knows its state, and is the only one to change it; `blind` does not know it, and is the only one to make
 * it, since nobody answers; all others watch.
 */
function roleFor(question: string, { shared, ofCluster }: Facts): 'acts' | 'blind' | 'watches' {
  const answer = shared?.[question]
  if (answer !== undefined) return answer.isVantage ? 'acts' : 'watches'
  return ofCluster === undefined || ofCluster.leads.includes(question) ? 'blind' : 'watches'
}

/** What each operation on an object has. */
export function objectOf(id: ResourceId, desired: Desired) {
  const { group } = desired
  return { object: id, group, question: membersQuestion(group), connection: connectionOf(desired) }
}

function connectionOf({ etcdctl, clientUrls, clientVariables }: Connection): EtcdConnection {
  return { etcdctl, clientUrls, clientVariables }
}

/** Whether the value that is replaced was sensitive when it was made. */
export function wasSensitive(id: ResourceId, { state }: Facts): boolean {
  return state?.manifest.find(({ resource }) => resource === id)?.sensitive === true
}

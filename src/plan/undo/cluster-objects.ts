import { objectState } from '../../model/cluster-object.ts'
import type { Facts } from '../../model/facts.ts'
import type { ManifestEntry } from '../../model/manifest.ts'

/**
 * What prune of this host may do about an entry: `ours` is removed, if it is an object of the cluster only by the host that answers for it; `others`
 * only leaves the manifest; `other` does so as well, because somebody has changed the object; of `unknown` nobody answers.
 */
export function standingOf(
  { resource, object }: ManifestEntry,
  { objects, answers, shared, ofCluster }: Facts,
): 'ours' | 'others' | 'other' | 'unknown' {
  // Only the planner knows the other hosts.
  if (object === undefined || ofCluster === undefined) return 'ours'
  if (!(object.question in answers) || ofCluster.declared.includes(resource)) return 'others'
  const answer = shared?.[object.question]
  if (answer === undefined) return 'unknown'
  if (!answer.isVantage) return 'others'
  const live = objects[resource] ?? undefined
  if (live === undefined) return 'unknown'
  return live.type === 'absent' || objectState(live) === object.state ? 'ours' : 'other'
}

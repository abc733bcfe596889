import { objectState } from '../../model/cluster-object.ts'
import type { Facts } from '../../model/facts.ts'
import type { ManifestEntry } from '../../model/manifest.ts'

/**
 * What prune of this host may do about an entry: `ours` is removed, if it is an object of the cluster only by the host that
 * answers for it; all else but what is `unknown` only leaves the manifest: what is `others`, what is `foreign` since somebody
 * has changed it, and what is `unreachable` from a host that does not ask. Of what is `unknown` nobody answers.
 */
export function standingOf(
  { resource, object }: ManifestEntry,
  { objects, answers, shared, ofCluster }: Facts,
): 'ours' | 'others' | 'foreign' | 'unreachable' | 'unknown' {
  // Only the planner knows the other hosts.
  if (object === undefined || ofCluster === undefined) return 'ours'
  if (ofCluster.declared.includes(resource)) return 'others'
  if (!(object.question in answers)) return 'unreachable'
  const answer = shared?.[object.question]
  if (answer === undefined) return 'unknown'
  if (!answer.isVantage) return 'others'
  const live = objects[resource] ?? undefined
  if (live === undefined) return 'unknown'
  return live.type === 'absent' || objectState(live) === object.state ? 'ours' : 'foreign'
}

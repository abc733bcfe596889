import type { Change } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

/**
 * The wait that follows a start or restart of a disruption group's member, until it is healthy again. Every program skips
 * it if that was skipped.
 */
export function awaitHealthy(
  { operation, resource }: Change,
  { group, healthy, healthyTimeoutSeconds }: Disruption,
): readonly Change[] {
  if (operation.op !== 'unit' || (operation.action !== 'start' && operation.action !== 'restart')) return []
  return [
    {
      resource,
      operation: { op: 'await', command: healthy, timeoutSeconds: healthyTimeoutSeconds },
      reason: `until this member of ${group} is healthy`,
      expects: [],
      owes: [],
      settles: [],
    },
  ]
}

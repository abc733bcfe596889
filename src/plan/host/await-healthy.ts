import type { Change } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

/** Waits until a group member is healthy after its start or restart. Programs skip it if they skipped that. */
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

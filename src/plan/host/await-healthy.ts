import type { Change } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

/** The wait that follows a start or restart of a disruption group's member, until it is healthy again. */
export function awaitHealthy(
  change: Change,
  { group, healthy, healthyTimeoutSeconds }: Disruption,
): readonly Change[] {
  const { operation, resource, guard } = change
  if (operation.op !== 'unit' || (operation.action !== 'start' && operation.action !== 'restart')) return []
  return [
    {
      resource,
      operation: { op: 'await', command: healthy, timeoutSeconds: healthyTimeoutSeconds },
      reason: `until this member of ${group} is healthy`,
      expects: [],
      owes: [],
      settles: [],
      ...(guard === undefined ? {} : { guard }),
    },
  ]
}

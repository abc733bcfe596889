import { type Change, plainChange } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'

/** Waits until a group member is healthy after its start or restart. Programs skip it if they skipped that. */
export function awaitHealthy(
  { operation, resource }: Pick<Change, 'operation' | 'resource'>,
  { group, healthy, healthyTimeoutSeconds }: Disruption,
): readonly Change[] {
  if (operation.op !== 'unit' || (operation.action !== 'start' && operation.action !== 'restart')) return []
  const { unit } = operation
  const await_ = { op: 'await', command: healthy, timeoutSeconds: healthyTimeoutSeconds, unit } as const
  return [plainChange({ resource, operation: await_, reason: `until this member of ${group} is healthy` })]
}

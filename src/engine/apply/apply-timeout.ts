import type { Change } from '../../model/plan.ts'
import { rulesOf } from '../../operations/index.ts'

const baseSeconds = 120

/** How long a host's apply may take before the controller stops waiting for it; the host itself continues. */
export function applyTimeoutMs(changes: readonly Change[]): number {
  const seconds = changes.map(({ operation }) => rulesOf(operation).timeoutSeconds(operation))
  return seconds.reduce((sum, one) => sum + one, baseSeconds) * 1000
}

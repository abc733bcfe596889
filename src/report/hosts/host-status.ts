import { ConnectError, type ConvergeError } from '../../model/errors.ts'
import type { PendingNotification } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { HostPlan } from '../../model/plan.ts'
import { driftedResources, wasApplied } from './drift.ts'

/** How a host is. */
export type HostStatus =
  | {
      readonly host: string
      readonly status: 'reachable'
      /** The newest generation; absent where nothing was ever applied. */
      readonly generation?: number
      /** Who holds it after a rollback, and since when. */
      readonly held?: string
      /** Resources that somebody changed on the host. */
      readonly drifted: readonly string[]
      readonly pending: readonly PendingNotification[]
      /** Units of the spec that systemd calls failed, or that ended and wait to be started again. */
      readonly failedUnits: readonly string[]
    }
  /** It answers, and another apply runs on it, or it is not what the spec declares. */
  | { readonly host: string; readonly status: 'applying' | 'refused'; readonly error: ConvergeError }
  | { readonly host: string; readonly status: 'unreachable'; readonly error: ConvergeError }

/** What a plan that ignores holds tells of its host. */
export function hostStatus(plan: HostPlan, held: string | undefined): HostStatus {
  const { host } = plan
  if (plan.status === 'failed') return { host, status: failureStatus(plan.error), error: plan.error }
  const { state, units, pending } = plan.facts
  return {
    host,
    status: 'reachable',
    ...(state !== undefined && wasApplied(plan.facts) ? { generation: state.generation } : {}),
    ...given({ held }),
    drifted: driftedResources(plan),
    pending,
    failedUnits: Object.entries(units)
      .filter(([, { active, isCrashing }]) => active === 'failed' || isCrashing === true)
      .map(([unit]) => unit),
  }
}

const refusals: ReadonlySet<string> = new Set(['platform-mismatch', 'resource-conflict', 'bootstrap-refused'])

/** A host that lets us in and cannot be asked is of no more use than one that does not. */
function failureStatus(error: ConvergeError): 'applying' | 'refused' | 'unreachable' {
  if (error instanceof ConnectError) return 'unreachable'
  if (error.code === 'locked') return 'applying'
  return refusals.has(error.code) ? 'refused' : 'unreachable'
}

import { type ConvergeError, type Reach, reachOf } from '../../model/errors.ts'
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
  /** Another apply runs on it, or it could not be asked, as `Reach` says. */
  | { readonly host: string; readonly status: 'applying' | Reach; readonly error: ConvergeError }

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

/** A host that is busy with another apply is not in trouble. */
function failureStatus(error: ConvergeError): 'applying' | Reach {
  return error.code === 'locked' ? 'applying' : reachOf(error)
}

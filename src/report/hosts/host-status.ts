import { type ConvergeError, type Reach, reachOf } from '../../model/errors.ts'
import type { PendingNotification } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { ApplyFailure } from '../../model/manifest.ts'
import type { HostPlan } from '../../model/plan.ts'
import { driftedResources, wasApplied } from './drift.ts'

export type HostStatus =
  | {
      readonly host: string
      readonly status: 'reachable'
      /** The newest generation; absent if nothing was ever applied. */
      readonly generation?: number
      /** How the last apply failed, if the host is still not as the spec has it. */
      readonly failed?: ApplyFailure
      /** Who holds it after a rollback, and since when. */
      readonly held?: string
      /** Resources that were changed on the host. */
      readonly drifted: readonly string[]
      readonly pending: readonly PendingNotification[]
      /** Units of the spec that systemd calls failed, or that exited and wait for their restart. */
      readonly failedUnits: readonly string[]
    }
  /** Another apply is running, or it did not answer, by `Reach`. */
  | { readonly host: string; readonly status: 'applying' | Reach; readonly error: ConvergeError }

/** The status of a host, from a plan that ignores holds. */
export function hostStatus(plan: HostPlan, held: string | undefined): HostStatus {
  const { host } = plan
  if (plan.status === 'failed') return { host, status: failureStatus(plan.error), error: plan.error }
  const { state, units, pending } = plan.facts
  return {
    host,
    status: 'reachable',
    ...given({
      generation: state && wasApplied(plan.facts) ? state.generation : undefined,
      failed: lastFailure(plan),
      held,
    }),
    drifted: driftedResources(plan),
    pending,
    failedUnits: Object.entries(units)
      .filter(([, { active, isCrashing }]) => active === 'failed' || isCrashing === true)
      .map(([unit]) => unit),
  }
}

function lastFailure(plan: Exclude<HostPlan, { status: 'failed' }>): ApplyFailure | undefined {
  const failed = plan.facts.state?.failed
  if (failed === undefined || plan.status === 'held' || plan.changes.length === 0) return undefined
  const { at, problem } = failed
  return { problem, ...given({ at }) }
}

function failureStatus(error: ConvergeError): 'applying' | Reach {
  return error.code === 'locked' ? 'applying' : reachOf(error)
}

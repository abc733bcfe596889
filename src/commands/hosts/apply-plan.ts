import type { ApplyOptions } from '../../engine/apply/run.ts'
import type { Session } from '../../engine/session.ts'
import type { Plan } from '../../model/plan.ts'
import { isWell, type Report } from '../../model/report.ts'
import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'
import type { OpenHosts } from './open-hosts.ts'

/** Applies a plan and says when the user stops that; the exit code that the report comes to. */
export async function applyPlan(
  plan: Plan,
  session: Session,
  { stop }: OpenHosts,
  view: View,
  options: ApplyOptions,
): Promise<{ readonly report: Report; readonly code: ExitCode }> {
  const announce = () => {
    const message =
      'Interrupted: no further host begins. Hosts that have begun are followed to their end;' +
      ' press Ctrl-C again to leave them to finish by themselves.'
    view.failure({ kind: 'interrupted', message })
  }
  stop.stopping.addEventListener('abort', announce)
  const report = await session
    .apply(plan, options)
    .finally(() => stop.stopping.removeEventListener('abort', announce))
  if (stop.stopping.aborted) return { report, code: 130 }
  return { report, code: report.hosts.every(isWell) ? 0 : 1 }
}

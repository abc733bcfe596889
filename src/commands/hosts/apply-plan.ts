import type { ApplyOptions } from '../../engine/apply/run.ts'
import type { Session } from '../../engine/session.ts'
import type { Plan } from '../../model/plan.ts'
import { isWell, type Report } from '../../model/report.ts'
import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'
import type { OpenHosts } from './open-hosts.ts'

/** Applies a plan, and announces a stop by the user. The exit code follows from the report. */
export async function applyPlan(
  plan: Plan,
  session: Session,
  { stop }: OpenHosts,
  view: View,
  options: ApplyOptions,
): Promise<{ readonly report: Report; readonly code: ExitCode }> {
  const announce = () => {
    const message =
      'Interrupted: no further host is started. Waiting for the hosts that have started;' +
      ' press Ctrl-C again to leave them running.'
    view.failure({ kind: 'interrupted', message })
  }
  stop.stopping.addEventListener('abort', announce)
  const report = await session
    .apply(plan, options)
    .finally(() => stop.stopping.removeEventListener('abort', announce))
  if (stop.stopping.aborted) return { report, code: 130 }
  return { report, code: report.hosts.every(isWell) ? 0 : 1 }
}

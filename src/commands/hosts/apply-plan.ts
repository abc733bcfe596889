import type { ApplyOptions } from '../../engine/apply/run.ts'
import type { Session } from '../../engine/session.ts'
import type { Plan } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { OpenHosts } from './open-hosts.ts'

/** Applies a plan and says when the user stops that; the exit code that the report comes to. */
export async function applyPlan(
  plan: Plan,
  session: Session,
  { progress, stop }: OpenHosts,
  io: Io,
  options: ApplyOptions,
): Promise<{ readonly report: Report; readonly code: ExitCode }> {
  const announce = () => {
    progress.pause()
    io.stderr.write(
      'Interrupted: no further host begins. Hosts that have begun are followed to their end;' +
        ' press Ctrl-C again to leave them to finish by themselves.\n',
    )
  }
  stop.stopping.addEventListener('abort', announce)
  const report = await session
    .apply(plan, options)
    .finally(() => stop.stopping.removeEventListener('abort', announce))
  progress.pause()
  if (stop.stopping.aborted) return { report, code: 130 }
  const well = report.hosts.every(({ status }) => status === 'changed' || status === 'unchanged')
  return { report, code: well ? 0 : 1 }
}

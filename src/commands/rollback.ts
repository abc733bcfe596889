import type { Report } from '../model/report.ts'
import { compactHosts } from '../report/text/compact-hosts.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, hostCommand, type OpenHosts } from './hosts/open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'

export interface RollbackOptions extends HostOptions, ProposeOptions {
  /** The generation whose state to return to; the one before the last by default. */
  readonly to?: number
}

/** `converge rollback [SELECTOR]`: undoes applies by a plan, and then holds the hosts. */
export async function rollback(options: RollbackOptions, io: Io, view: View): Promise<ExitCode> {
  const work = async (open: OpenHosts) => {
    requireConsentable(options, io, view)
    const plan = await open.session.planRollback(options.to)
    const { code, report } = await proposePlan({ command: 'rollback', plan, open, options, io, view })
    if (report !== undefined) remarkHeld(report, view)
    return code
  }
  return hostCommand(options, io, view, work, { applies: options.dryRun !== true })
}

function remarkHeld(report: Report, view: View): void {
  const held = report.hosts
    .filter(
      (one) =>
        one.status === 'changed' ||
        one.status === 'unsettled' ||
        ('error' in one && one.error.code === 'not-undone' && one.results.length > 0),
    )
    .map(({ host }) => host)
  if (held.length === 0) return
  const [are, them] = held.length === 1 ? ['is', 'it'] : ['are', 'them']
  view.remark(
    `${compactHosts(held)} ${are} held: converge skips ${them} until the spec changes there. To apply the same spec anyway: converge --release`,
  )
}

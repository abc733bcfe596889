import { Interrupted, ResourceConflict } from '../../model/errors.ts'
import type { Change } from '../../model/plan.ts'
import { failedReport, type HostReport } from '../../model/report.ts'
import { conflictOn } from '../../plan/rollout/plan-cluster.ts'
import { worldFailure } from '../session-context.ts'

const unverified =
  'All changes were applied, but not verified: `converge --dry-run` shows whether anything still differs.'

/** Inspects again after the apply. What still differs is reported, and not fixed by a plan that was never shown. */
export async function verify(
  report: Extract<HostReport, { status: 'changed' }>,
  planAgain: () => Promise<readonly Change[]>,
): Promise<HostReport> {
  const { host, results } = report
  try {
    const remaining = await planAgain()
    return remaining.length === 0 ? report : { host, status: 'unsettled', results, remaining }
  } catch (error) {
    if (error instanceof Interrupted) return { host, status: 'left-running', results, remedy: unverified }
    const failure = error instanceof ResourceConflict ? conflictOn(host, error) : worldFailure(error)
    return failedReport(host, failure, { results })
  }
}

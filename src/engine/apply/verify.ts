import { ResourceConflict } from '../../model/errors.ts'
import type { Change } from '../../model/plan.ts'
import { failedReport, type HostReport } from '../../model/report.ts'
import { conflictOn } from '../../plan/rollout/plan-cluster.ts'
import { worldFailure } from '../session-context.ts'

/** A fresh inspect after the apply: what still differs is reported, and never repaired by a plan that nobody saw. */
export async function verify(
  report: Extract<HostReport, { status: 'changed' }>,
  planAgain: () => Promise<readonly Change[]>,
): Promise<HostReport> {
  const { host, results } = report
  try {
    const remaining = await planAgain()
    return remaining.length === 0 ? report : { host, status: 'unsettled', results, remaining }
  } catch (error) {
    const failure = error instanceof ResourceConflict ? conflictOn(host, error) : worldFailure(error)
    return failedReport(host, failure, { results })
  }
}

import { ResourceConflict } from '../../model/errors.ts'
import type { Change } from '../../model/plan.ts'
import { failedReport, type HostReport } from '../../model/report.ts'
import { conflictOn } from '../../plan/rollout/plan-cluster.ts'
import { worldFailure } from '../session-context.ts'

/** Plans one host again after its apply; what is left is what did not settle. */
export type Replan = (host: string) => Promise<readonly Change[]>

/** A fresh inspect after the apply: what still differs is reported, and never repaired by a plan that nobody saw. */
export async function verify(
  report: Extract<HostReport, { status: 'changed' }>,
  replan: Replan,
): Promise<HostReport> {
  const { host, results } = report
  try {
    const remaining = await replan(host)
    return remaining.length === 0 ? report : { host, status: 'unsettled', results, remaining }
  } catch (error) {
    const failure = error instanceof ResourceConflict ? conflictOn(host, error) : worldFailure(error)
    return failedReport(host, failure, { results })
  }
}

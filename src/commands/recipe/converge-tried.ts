import type { Session } from '../../engine/session.ts'
import { hasFailed } from '../../model/plan.ts'
import { renderReport } from '../../report/apply/render-report.ts'
import { renderPlan } from '../../report/plan/render-plan.ts'
import { summarisePlan } from '../../report/plan/summarise-plan.ts'
import { createStyle } from '../../report/text/style.ts'

/** What hosts made of specs that were applied to them one after the other. */
export interface Tried {
  /** Why a spec does not converge, in lines. */
  readonly problem?: string
  /** What was not applied, because it needs more than these hosts are. */
  readonly left: readonly string[]
}

const look = { style: createStyle({ color: false }), verbose: false }

/** Applies the catalog of a session and closes it; says why that fails, or why something is left to do then. */
export async function convergeTwice(session: Session, kind: string): Promise<string | undefined> {
  try {
    const plan = await session.plan({ prune: true, release: false })
    if (hasFailed(plan)) return `${kind} hosts refuse it:\n${renderPlan({ plan, ...look })}`.trimEnd()
    const report = await session.apply(plan)
    if (report.hosts.some(({ status }) => status !== 'changed' && status !== 'unchanged'))
      return `it cannot be applied to ${kind} hosts:\n${renderReport({ report, ...look })}`.trimEnd()
    const again = await session.plan({ prune: true, release: false })
    if (summarisePlan(again).changes === 0 && !hasFailed(again)) return undefined
    return `a second run is not empty:\n${renderPlan({ plan: again, ...look })}`.trimEnd()
  } finally {
    await session.close()
  }
}

import type { Look } from '../apply/render-report.ts'
import { renderHosts } from '../plan/render-plan.ts'
import { renderReaches } from '../text/reaches.ts'
import type { Style } from '../text/style.ts'
import { commaList, count } from '../text/words.ts'
import type { Drift, DriftSummary } from './drift.ts'

/** Drift as text: the operations that would undo it, with diffs. */
export function renderDrift({ drift, style, verbose }: Look & { readonly drift: Drift }): string {
  const blocks = [
    ...renderHosts({ plan: drift.plan, style, verbose }),
    [renderDriftSummary(drift.summary, style)],
  ]
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

/** `3 hosts: 1 drifted (2 resources), 1 without drift, 1 failed` */
function renderDriftSummary(summary: DriftSummary, style: Style): string {
  const { hosts, drifted, resources, neverApplied, unreachable, refused, failed } = summary
  const without = hosts - drifted - neverApplied - unreachable - refused - failed
  const parts = [
    drifted > 0 && style.warning(`${drifted} drifted (${count(resources, 'resource')})`),
    without > 0 && `${without} without drift`,
    neverApplied > 0 && `${neverApplied} never applied`,
    ...renderReaches(summary, style),
  ]
  return `${count(hosts, 'host')}: ${commaList(parts)}`
}

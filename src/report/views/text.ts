import { renderReport } from '../apply/render-report.ts'
import { renderDrift } from '../hosts/render-drift.ts'
import { renderAnswers } from '../hosts/render-exec.ts'
import { renderHistory } from '../hosts/render-history.ts'
import { renderStatus } from '../hosts/render-status.ts'
import { renderPlan } from '../plan/render-plan.ts'
import { escapeLine } from '../text/escape-control.ts'
import { onStderr } from './on-stderr.ts'
import type { View, ViewContext } from './view.ts'

/** Text for people. */
export function createTextView(context: ViewContext): View {
  const { stdout, verbose } = context
  const { style } = stdout
  const besides = onStderr(context)
  const plan: View['plan'] = (shown) => stdout.write(renderPlan({ plan: shown, style, verbose }))
  const remark: View['remark'] = (...lines) =>
    stdout.write(lines.map((line) => `${escapeLine(line)}\n`).join(''))
  let isProposed = false
  return {
    ...besides,
    canAsk: true,
    diagnostics: besides.warnings,
    plan,
    proposal(proposed, command) {
      plan(proposed, command)
      isProposed = true
    },
    idle(idle, command) {
      plan(idle, command)
      remark('Nothing to do.')
    },
    report(report) {
      stdout.write(`${isProposed ? '\n' : ''}${renderReport({ report, style, verbose })}`)
      isProposed = false
    },
    drift: (drift) => stdout.write(renderDrift({ drift, style, verbose })),
    status: (_cluster, hosts) => stdout.write(renderStatus({ hosts, style, verbose })),
    history: (_cluster, hosts) => stdout.write(renderHistory({ hosts, style, verbose })),
    answers: (_cluster, _commandLine, answers) => stdout.write(renderAnswers(answers, style)),
    remark,
  }
}

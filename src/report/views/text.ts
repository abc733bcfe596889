import { hasFailed, type Plan } from '../../model/plan.ts'
import { renderReport } from '../apply/render-report.ts'
import { renderExplanation } from '../explain/render-explanation.ts'
import { renderDrift } from '../hosts/render-drift.ts'
import { renderAnswers } from '../hosts/render-exec.ts'
import { renderHistory } from '../hosts/render-history.ts'
import { renderStatus } from '../hosts/render-status.ts'
import { renderPlan } from '../plan/render-plan.ts'
import { diffHeading } from '../plan/revision-diff.ts'
import { renderRecipeTests } from '../recipes/recipe-tests.ts'
import { renderSecrets } from '../secrets/render-secrets.ts'
import { escapeLine } from '../text/escape-control.ts'
import { onStderr } from './on-stderr.ts'
import type { View, ViewContext } from './view.ts'

/** Text for people. */
export function createTextView(context: ViewContext): View {
  const { stdout, verbose, stat = false } = context
  const { style } = stdout
  const besides = onStderr(context)
  const page = stdout.page ?? stdout.write
  const planText = (plan: Plan) => renderPlan({ plan, style, verbose, stat })
  const remark: View['remark'] = (...lines) =>
    stdout.write(lines.map((line) => `${escapeLine(line)}\n`).join(''))
  let isProposed = false
  return {
    ...besides,
    canAsk: true,
    plan: (plan) => page(planText(plan)),
    proposal(plan) {
      stdout.write(planText(plan))
      isProposed = true
    },
    idle(plan) {
      stdout.write(planText(plan))
      // A host that failed may have something to do.
      remark(hasFailed(plan) ? 'Nothing was applied.' : 'Nothing to do.')
    },
    report(report) {
      stdout.write(`${isProposed ? '\n' : ''}${renderReport({ report, style, verbose })}`)
      isProposed = false
    },
    drift: (drift) => page(renderDrift({ drift, style, verbose })),
    diff: (diff) => page(`${style.quiet(diffHeading(diff))}\n\n${planText(diff.plan)}`),
    status: (_cluster, hosts) => stdout.write(renderStatus({ hosts, style, verbose })),
    history: (_cluster, hosts) => page(renderHistory({ hosts, style, verbose })),
    answers: (_cluster, _commandLine, answers) => stdout.write(renderAnswers(answers, style)),
    explanation: (_cluster, explanation) => page(renderExplanation({ explanation, style, verbose })),
    recipeTests: (cases) => page(renderRecipeTests(cases, { style, verbose })),

    etcdSnapshot: ({ group, host, file, sizeBytes, sha256 }) =>
      remark(`${file}: a snapshot of ${group} from ${host}`, `${sizeBytes} B, sha256 ${sha256}`),

    secrets: (listing) => stdout.write(renderSecrets(listing, { style, verbose })),
    // As it is: this may be the input of another program.
    secret({ value, certificate, public: half }) {
      const shown = value ?? certificate ?? half ?? ''
      stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`)
    },
    remark,
  }
}

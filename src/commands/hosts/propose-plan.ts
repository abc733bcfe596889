import { given } from '../../model/given.ts'
import { hasFailed, type Plan } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import { rulesOf } from '../../operations/index.ts'
import type { ApplyCommand } from '../../report/json/report.ts'
import { summarisePlan } from '../../report/plan/summarise-plan.ts'
import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import { applyPlan } from './apply-plan.ts'
import type { OpenHosts } from './open-hosts.ts'

/** What to do with a plan, and how to report it. */
export interface ProposeOptions extends ViewOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
  /** Also consents to large prunes and the removal of group members. */
  readonly allowPrune?: boolean
  /** Consents to a restore. */
  readonly allowRestore?: boolean
  /** The caller has already shown this plan. */
  readonly planShown?: boolean
  /** Exit with 2 if a dry run finds changes. */
  readonly exitCode?: boolean
  /** Seconds to wait for another apply on a host. */
  readonly lockWait?: number
  readonly maxFailures?: number
  /** Seconds. */
  readonly pause?: number
  /** Seconds within which a new connection must confirm the apply, or the host undoes it. */
  readonly confirmWithin?: number
}

interface Proposal {
  readonly command: ApplyCommand
  readonly plan: Plan
  readonly open: OpenHosts
  readonly options: ProposeOptions
  /** What to do if what needs consent is not intended; by default as the command says. */
  readonly otherwise?: string
  readonly io: Io
  readonly view: View
}

interface Outcome {
  readonly code: ExitCode
  /** Absent if nothing was applied. */
  readonly report?: Report
}

/** Throws a SpecError if consent is needed and there is no terminal to ask for it. */
export function requireConsentable(options: ProposeOptions, io: Io, view: View): void {
  if (options.dryRun || options.yes || (view.canAsk && io.canAsk)) return
  throw usageError(
    view.canAsk ? 'there is no terminal to ask for consent' : `--${options.format} cannot ask for consent`,
    'pass --yes to apply without asking, or --dry-run to see what would change',
  )
}

/** Shows a plan, asks, applies it and shows the report; a dry run ends after the plan. */
export async function proposePlan(proposal: Proposal): Promise<Outcome> {
  const { command, plan, options, view } = proposal
  const { changes } = summarisePlan(plan)
  const code = hasFailed(plan) ? 1 : 0
  if (options.dryRun) {
    view.plan(plan, command)
    return { code: code === 0 && options.exitCode && changes > 0 ? 2 : code }
  }
  if (changes === 0) {
    view.idle(plan, command)
    return { code }
  }
  if (options.planShown !== true) view.proposal(plan, command)
  if (options.confirmWithin !== undefined) remarkLasting(plan, view)
  const missing = options.yes ? notAllowed(plan.consents, options) : []
  if (missing.length > 0) throw needsConsent(proposal, missing)
  if (!options.yes && !(await askConsent(proposal))) {
    view.remark('Nothing was applied.')
    return { code: 1 }
  }
  return applyAndShow(proposal)
}

/** What a host would not undo by itself is said before the apply begins. */
function remarkLasting({ hosts }: Plan, view: View): void {
  for (const one of hosts) {
    const { lasting = [] } = (one.status === 'planned' ? one.bookkeeping : undefined) ?? {}
    if (lasting.length === 0) continue
    const all = lasting.map(({ operation }) => rulesOf(operation).words(operation)).join('; ')
    view.remark(`If it is not confirmed, ${one.host} does not undo this: ${all}`)
  }
}

/** A restore has an option of its own: who allows removals has not thought of it. */
function notAllowed(
  consents: Plan['consents'],
  { allowPrune, allowRestore }: ProposeOptions,
): Plan['consents'] {
  return consents.filter(({ word }) => (word === 'restore' ? allowRestore : allowPrune) !== true)
}

function needsConsent(
  { command, plan: { intent }, ...proposal }: Proposal,
  missing: Plan['consents'],
): Error {
  const keeping =
    intent.kind === 'apply' && intent.prune ? ', or pass --no-prune to keep what it no longer declares' : ''
  const otherwise =
    proposal.otherwise ??
    (command === 'apply'
      ? `fix the spec, leave these hosts out${keeping}`
      : 'select the hosts, or another generation with --to')
  const options = [
    ...(missing.some(({ word }) => word === 'restore') ? ['--allow-restore'] : []),
    ...(missing.some(({ word }) => word !== 'restore') ? ['--allow-prune'] : []),
  ]
  return usageError(
    `the plan needs more than a yes: ${missing.map(({ what }) => what).join('; ')}`,
    `if intended, pass ${options.join(' and ')}; otherwise ${otherwise}`,
  )
}

async function askConsent({ plan, open, io }: Proposal): Promise<boolean> {
  const words = [...new Set(plan.consents.map(({ word }) => word))].join(' ')
  const question = words === '' ? 'Apply these changes? [y/N] ' : `Type "${words}" to apply these changes: `
  const answer = await io.ask(question, open.stop.stopping)
  return words === '' ? isYes(answer) : answer.trim().split(/\s+/).join(' ') === words
}

export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim())
}

async function applyAndShow({ command, plan, open, options, view }: Proposal): Promise<Outcome> {
  const wanted = given({
    lockWaitSeconds: options.lockWait,
    confirmWithinSeconds: options.confirmWithin,
    maxFailures: options.maxFailures,
    pauseSeconds: options.pause,
  })
  const { report, code } = await applyPlan(plan, open.session, open, view, wanted)
  view.report(report, plan, command)
  return { code, report }
}

import type { Session } from '../../engine/session.ts'
import { given } from '../../model/given.ts'
import { hasFailed, type Plan } from '../../model/plan.ts'
import { isWell, type Report } from '../../model/report.ts'
import type { ApplyCommand } from '../../report/json/report.ts'
import { summarisePlan } from '../../report/plan/summarise-plan.ts'
import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'

/** What becomes of a plan, and how it is told. */
export interface ProposeOptions extends ViewOptions {
  /** Stop at the plan. */
  readonly dryRun?: boolean
  /** Apply without asking. */
  readonly yes?: boolean
  /** Consents to what the plan takes away, too. */
  readonly allowPrune?: boolean
  /** The caller has shown this very plan already. */
  readonly planShown?: boolean
  /** Exit with 2 when a dry run finds changes. */
  readonly exitCode?: boolean
  /** Seconds to wait for another apply on a host. */
  readonly lockWait?: number
  /** Seconds in which a new connection must confirm the apply, or the host takes it back. */
  readonly confirmWithin?: number
}

export interface Proposal {
  readonly command: ApplyCommand
  readonly plan: Plan
  readonly session: Session
  readonly options: ProposeOptions
  readonly io: Io
  readonly view: View
}

export interface Outcome {
  readonly code: ExitCode
  /** Absent where nothing was applied. */
  readonly report?: Report
}

/** Throws a SpecError where consent will be needed and nobody can be asked. */
export function requireConsentable(options: ProposeOptions, io: Io, view: View): void {
  if (options.dryRun || options.yes || (view.canAsk && io.canAsk)) return
  throw usageError(
    view.canAsk ? 'there is no terminal to ask for consent' : `--${options.format} cannot ask for consent`,
    'pass --yes to apply without asking, or --dry-run to see what would change',
  )
}

/** Shows a plan, asks, applies it and tells how it came out; a dry run ends with the plan. */
export async function proposePlan(proposal: Proposal): Promise<Outcome> {
  const { command, plan, options, io, view } = proposal
  const { changes } = summarisePlan(plan)
  if (options.dryRun) return showDryRun(proposal)
  if (changes === 0) return showIdle(proposal)
  if (options.planShown !== true) view.proposal(plan, command)
  if (options.yes && plan.consents.length > 0 && options.allowPrune !== true) throw takesMuchAway(proposal)
  const consent = options.yes ? 'yes' : await askConsent(plan, io)
  if (consent !== 'yes') {
    view.remark('Nothing was applied.')
    return { code: consent === 'interrupted' ? 130 : 1 }
  }
  return applyPlan(proposal)
}

function showDryRun(proposal: Proposal): Outcome {
  const { command, plan, options, view } = proposal
  view.plan(plan, command)
  if (hasFailed(plan)) return { code: 1 }
  return { code: options.exitCode && summarisePlan(plan).changes > 0 ? 2 : 0 }
}

function showIdle({ command, plan, view }: Proposal): Outcome {
  view.idle(plan, command)
  return { code: hasFailed(plan) ? 1 : 0 }
}

function takesMuchAway({ command, plan: { consents } }: Proposal): Error {
  const otherwise =
    command === 'apply' ? 'mend the spec or pass --no-prune' : 'name the hosts, or another --to'
  return usageError(
    `the plan takes much away: ${consents.join('; ')}`,
    `if that is meant, pass --allow-prune; if not, ${otherwise}`,
  )
}

async function askConsent({ consents }: Plan, io: Io): Promise<'yes' | 'no' | 'interrupted'> {
  const [question, wanted] =
    consents.length > 0
      ? ['Type "prune" to apply these changes: ', /^prune$/]
      : ['Apply these changes? [y/N] ', /^y(es)?$/i]
  const answer = await io.ask(question)
  if (answer === undefined) return 'interrupted'
  return wanted.test(answer.trim()) ? 'yes' : 'no'
}

async function applyPlan(proposal: Proposal): Promise<Outcome> {
  const { command, plan, io, view } = proposal
  const report = await untilInterrupt(proposal)
  if (report === 'interrupted') {
    io.stderr.write(
      'Interrupted. Hosts that have begun finish on their own; run converge again to see how they came out.\n',
    )
    return { code: 130 }
  }
  view.report(report, plan, command)
  return { code: report.hosts.every(isWell) ? 0 : 1, report }
}

/** The report, or that somebody pressed Ctrl-C first. A second Ctrl-C ends the process at once. */
async function untilInterrupt({ plan, session, options, io }: Proposal): Promise<Report | 'interrupted'> {
  let stopListening = () => {}
  const interrupted = new Promise<'interrupted'>((resolve) => {
    stopListening = io.onInterrupt(() => resolve('interrupted'))
  })
  const applied = session.apply(
    plan,
    given({ lockWaitSeconds: options.lockWait, confirmWithinSeconds: options.confirmWithin }),
  )
  try {
    return await Promise.race([applied, interrupted])
  } finally {
    stopListening()
  }
}

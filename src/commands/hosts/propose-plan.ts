import { hasFailed, type Plan } from '../../model/plan.ts'
import { isWell, type Report } from '../../model/report.ts'
import { idleReport } from '../../report/apply/idle-report.ts'
import { renderReport } from '../../report/apply/render-report.ts'
import { planDocument, reportDocument } from '../../report/json/json.ts'
import { renderPlan } from '../../report/plan/render-plan.ts'
import { summarisePlan } from '../../report/plan/summarise-plan.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { writeJson } from '../io/write-json.ts'
import type { OpenHosts } from './open-hosts.ts'

/** What becomes of a plan, and how it is told. */
export interface ProposeOptions {
  /** Stop at the plan. */
  readonly dryRun?: boolean
  /** Apply without asking. */
  readonly yes?: boolean
  /** Consents to what the plan takes away, too. */
  readonly allowPrune?: boolean
  readonly json?: boolean
  readonly verbose?: boolean
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
  readonly command: 'apply' | 'rollback'
  readonly plan: Plan
  readonly open: OpenHosts
  readonly options: ProposeOptions
  readonly io: Io
}

export interface Outcome {
  readonly code: ExitCode
  /** Absent where nothing was applied. */
  readonly report?: Report
}

/** Throws a SpecError where consent will be needed and nobody can be asked. */
export function requireConsentable(options: ProposeOptions, io: Io): void {
  if (options.dryRun || options.yes || (!options.json && io.canAsk)) return
  throw usageError(
    options.json ? '--json cannot ask for consent' : 'there is no terminal to ask for consent',
    'pass --yes to apply without asking, or --dry-run to see what would change',
  )
}

/** Shows a plan, asks, applies it and tells how it came out; a dry run ends with the plan. */
export async function proposePlan(proposal: Proposal): Promise<Outcome> {
  const { plan, open, options, io } = proposal
  open.progress.pause()
  const { changes } = summarisePlan(plan)
  if (options.dryRun) return showDryRun(proposal)
  if (changes === 0) return showIdle(proposal)
  if (!options.json && options.planShown !== true) showPlan(proposal)
  if (options.yes && plan.consents.length > 0 && options.allowPrune !== true) throw takesMuchAway(proposal)
  const consent = options.yes ? 'yes' : await askConsent(plan, io)
  if (consent !== 'yes') {
    io.stdout.write('Nothing was applied.\n')
    return { code: consent === 'interrupted' ? 130 : 1 }
  }
  return applyPlan(proposal)
}

function showDryRun(proposal: Proposal): Outcome {
  const { command, plan, options, io } = proposal
  if (options.json) writeJson(io, planDocument(plan, command))
  else showPlan(proposal)
  if (hasFailed(plan)) return { code: 1 }
  return { code: options.exitCode && summarisePlan(plan).changes > 0 ? 2 : 0 }
}

function showIdle(proposal: Proposal): Outcome {
  const { command, plan, options, io } = proposal
  if (options.json) writeJson(io, reportDocument(idleReport(plan), plan, command))
  else {
    showPlan(proposal)
    io.stdout.write('Nothing to do.\n')
  }
  return { code: hasFailed(plan) ? 1 : 0 }
}

function showPlan({ plan, options, io }: Proposal): void {
  io.stdout.write(renderPlan({ plan, style: io.stdout.style, verbose: options.verbose === true }))
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
  const { command, plan, open, options, io } = proposal
  const report = await untilInterrupt(proposal)
  open.progress.pause()
  if (report === 'interrupted') {
    io.stderr.write(
      'Interrupted. Hosts that have begun finish on their own; run converge again to see how they came out.\n',
    )
    return { code: 130 }
  }
  if (options.json) writeJson(io, reportDocument(report, plan, command))
  else {
    const text = renderReport({ report, style: io.stdout.style, verbose: options.verbose === true })
    io.stdout.write(options.planShown === true ? text : `\n${text}`)
  }
  return { code: report.hosts.every(isWell) ? 0 : 1, report }
}

/** The report, or that somebody pressed Ctrl-C first. A second Ctrl-C ends the process at once. */
async function untilInterrupt({ plan, open, options, io }: Proposal): Promise<Report | 'interrupted'> {
  let stopListening = () => {}
  const interrupted = new Promise<'interrupted'>((resolve) => {
    stopListening = io.onInterrupt(() => resolve('interrupted'))
  })
  const applied = open.session.apply(plan, {
    ...(options.lockWait === undefined ? {} : { lockWaitSeconds: options.lockWait }),
    ...(options.confirmWithin === undefined ? {} : { confirmWithinSeconds: options.confirmWithin }),
  })
  try {
    return await Promise.race([applied, interrupted])
  } finally {
    stopListening()
  }
}

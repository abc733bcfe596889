import type { Session } from '../engine/session.ts'
import type { Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { idleReport } from '../report/idle-report.ts'
import { planDocument, reportDocument } from '../report/json.ts'
import { renderPlan } from '../report/render-plan.ts'
import { renderReport } from '../report/render-report.ts'
import { summarisePlan } from '../report/summarise-plan.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, type OpenHosts, withHosts } from './open-hosts.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { usageError } from './usage-error.ts'
import { writeJson } from './write-json.ts'

export interface ApplyOptions extends SpecOptions, HostOptions {
  /** Stop at the plan. */
  readonly dryRun?: boolean
  /** Apply without asking. */
  readonly yes?: boolean
  readonly json?: boolean
  /** The caller has shown this very plan already. */
  readonly planShown?: boolean
  /** Exit with 2 when a dry run finds changes. */
  readonly exitCode?: boolean
}

/** `converge`: inspect, plan, show the plan, ask, apply it. With --dry-run the same up to the plan. */
export async function apply(options: ApplyOptions, io: Io): Promise<ExitCode> {
  if (!options.dryRun && !options.yes && (options.json || !io.canAsk)) {
    throw usageError(
      options.json ? '--json cannot ask for consent' : 'there is no terminal to ask for consent',
      'pass --yes to apply without asking, or --dry-run to see what would change',
    )
  }
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async (open) => {
    const plan = await open.session.plan()
    open.progress.pause()
    if (options.dryRun) return showDryRun(plan, options, io)
    if (summarisePlan(plan).changes === 0) return showIdle(plan, options, io)
    if (!options.json && options.planShown !== true) showPlan(plan, options, io)
    if (!options.yes && !(await hasConsent(io))) {
      io.stdout.write('Nothing was applied.\n')
      return summarisePlan(plan).failed > 0 ? 1 : 0
    }
    return applyPlan(plan, open, options, io)
  })
}

function showDryRun(plan: Plan, options: ApplyOptions, io: Io): ExitCode {
  if (options.json) writeJson(io, planDocument(plan, 'apply'))
  else showPlan(plan, options, io)
  const { failed, changes } = summarisePlan(plan)
  if (failed > 0) return 1
  return options.exitCode && changes > 0 ? 2 : 0
}

function showIdle(plan: Plan, options: ApplyOptions, io: Io): ExitCode {
  if (options.json) writeJson(io, reportDocument(idleReport(plan), plan))
  else {
    showPlan(plan, options, io)
    io.stdout.write('Nothing to do.\n')
  }
  return summarisePlan(plan).failed > 0 ? 1 : 0
}

function showPlan(plan: Plan, options: ApplyOptions, io: Io): void {
  io.stdout.write(renderPlan({ plan, style: io.stdout.style, verbose: options.verbose === true }))
}

async function hasConsent(io: Io): Promise<boolean> {
  return /^y(es)?$/i.test((await io.ask('Apply these changes? [y/N] ')).trim())
}

async function applyPlan(plan: Plan, open: OpenHosts, options: ApplyOptions, io: Io): Promise<ExitCode> {
  const report = await untilInterrupt(plan, open.session, io)
  open.progress.pause()
  if (report === 'interrupted') {
    io.stderr.write(
      'Interrupted. Hosts that have begun finish on their own; run converge again to see how they came out.\n',
    )
    return 130
  }
  if (options.json) writeJson(io, reportDocument(report, plan))
  else {
    const text = renderReport({ report, style: io.stdout.style, verbose: options.verbose === true })
    io.stdout.write(options.planShown === true ? text : `\n${text}`)
  }
  return report.hosts.every((host) => host.status === 'changed' || host.status === 'unchanged') ? 0 : 1
}

/** The report, or that somebody pressed Ctrl-C first. A second Ctrl-C ends the process at once. */
async function untilInterrupt(plan: Plan, session: Session, io: Io): Promise<Report | 'interrupted'> {
  let stopListening = () => {}
  const interrupted = new Promise<'interrupted'>((resolve) => {
    stopListening = io.onInterrupt(() => resolve('interrupted'))
  })
  try {
    return await Promise.race([session.apply(plan), interrupted])
  } finally {
    stopListening()
  }
}

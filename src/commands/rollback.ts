import type { Report } from '../model/report.ts'
import { compactHosts } from '../report/text/compact-hosts.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface RollbackOptions extends SpecOptions, HostOptions, ProposeOptions {
  /** The generation after which the hosts were as they shall be again; the last but one unless given. */
  readonly to?: number
}

/** `converge rollback [SELECTOR]`: takes applies back as one applies a plan, and holds the hosts where they are. */
export async function rollback(options: RollbackOptions, io: Io): Promise<ExitCode> {
  requireConsentable(options, io)
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async (open) => {
    const plan = await open.session.planRollback(options.to)
    const { code, report } = await proposePlan({ command: 'rollback', plan, open, options, io })
    if (report !== undefined && options.json !== true) io.stdout.write(heldWords(report))
    return code
  })
}

function heldWords(report: Report): string {
  const held = report.hosts
    .filter(({ status }) => status === 'changed' || status === 'unsettled')
    .map(({ host }) => host)
  if (held.length === 0) return ''
  return `${escapeLine(compactHosts(held))} ${held.length === 1 ? 'is' : 'are'} held: converge skips ${held.length === 1 ? 'it' : 'them'} until the spec changes there. To go on with the same spec: converge --release\n`
}

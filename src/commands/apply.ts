import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, withHosts } from './open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from './propose-plan.ts'
import { showDiagnostics } from './show-diagnostics.ts'

export interface ApplyOptions extends SpecOptions, HostOptions, ProposeOptions {
  /** Whether what left the spec leaves the hosts; it does unless this is false. */
  readonly prune?: boolean
  /** Plan for hosts that a rollback holds, too. */
  readonly release?: boolean
}

/** `converge`: inspect, plan, show the plan, ask, apply it. With --dry-run the same up to the plan. */
export async function apply(options: ApplyOptions, io: Io): Promise<ExitCode> {
  requireConsentable(options, io)
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async (open) => {
    const plan = await open.session.plan({
      prune: options.prune !== false,
      release: options.release === true,
    })
    const { code } = await proposePlan({ command: 'apply', plan, open, options, io })
    return code
  })
}

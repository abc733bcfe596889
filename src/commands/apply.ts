import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface ApplyOptions extends SpecOptions, HostOptions, ProposeOptions {
  /** Prune what was removed from the spec; true by default. */
  readonly prune?: boolean
  /** Also plan for hosts held by a rollback. */
  readonly release?: boolean
}

/** `converge`: inspect, plan, show the plan, ask, apply. With --dry-run the same up to the plan. */
export async function apply(options: ApplyOptions, io: Io, view: View): Promise<ExitCode> {
  requireConsentable(options, io, view)
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  return withHosts({ spec, options, io, view }, async (open) => {
    const plan = await open.session.plan({
      prune: options.prune !== false,
      release: options.release === true,
    })
    const { code } = await proposePlan({ command: 'apply', plan, open, options, io, view })
    return code
  })
}

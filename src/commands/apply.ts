import type { View } from '../report/views/view.ts'
import {
  type HostOptions,
  hostCommand,
  type OpenHosts,
  type PlanningOptions,
  planWith,
} from './hosts/open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import type { LoadedSpec } from './spec/load-spec.ts'

export interface ApplyOptions extends HostOptions, PlanningOptions, ProposeOptions {}

/** `converge`: inspect, plan, show the plan, ask, apply. With --dry-run the same up to the plan. */
export async function apply(options: ApplyOptions, io: Io, view: View): Promise<ExitCode> {
  const work = async (open: OpenHosts, spec: LoadedSpec) => {
    requireConsentable(options, io, view)
    const plan = await planWith(options, open.session, spec)
    const { code } = await proposePlan({ command: 'apply', plan, open, options, io, view })
    return code
  }
  return hostCommand(options, io, view, work, { applies: options.dryRun !== true })
}

import { hasFailed } from '../model/plan.ts'
import { driftOf } from '../report/hosts/drift.ts'
import type { View } from '../report/views/view.ts'
import { everything, type HostOptions, hostCommand } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'

export interface DriftOptions extends HostOptions {
  /** Exit with 2 when there is drift. */
  readonly exitCode?: boolean
}

/** `converge drift [SELECTOR]`: what was changed on the hosts by hand; on held hosts, too. */
export function drift(options: DriftOptions, io: Io, view: View): Promise<ExitCode> {
  return hostCommand(options, io, view, async ({ session }) => {
    const found = driftOf(await session.plan(everything))
    view.drift(found)
    if (hasFailed(found.plan)) return 1
    return options.exitCode && found.summary.drifted > 0 ? 2 : 0
  })
}

import { hasFailed } from '../model/plan.ts'
import { driftOf } from '../report/hosts/drift.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface DriftOptions extends SpecOptions, HostOptions {
  /** Exit with 2 when there is drift. */
  readonly exitCode?: boolean
}

/** `converge drift [SELECTOR]`: what was changed on the hosts by hand; on held hosts, too. */
export async function drift(options: DriftOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  return withHosts({ spec, options, io, view }, async ({ session }) => {
    const found = driftOf(await session.plan({ prune: true, release: true }))
    view.drift(found)
    if (hasFailed(found.plan)) return 1
    return options.exitCode && found.summary.drifted > 0 ? 2 : 0
  })
}

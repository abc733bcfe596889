import { hasFailed } from '../model/plan.ts'
import { driftOf } from '../report/hosts/drift.ts'
import { renderDrift } from '../report/hosts/render-drift.ts'
import { driftDocument } from '../report/json/json-hosts.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface DriftOptions extends SpecOptions, HostOptions {
  readonly json?: boolean
  /** Exit with 2 when there is drift. */
  readonly exitCode?: boolean
}

/** `converge drift [SELECTOR]`: what was changed on the hosts behind converge's back; on held hosts, too. */
export async function drift(options: DriftOptions, io: Io): Promise<ExitCode> {
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async ({ session, progress }) => {
    const found = driftOf(await session.plan({ prune: true, release: true }))
    progress.pause()
    if (options.json) writeJson(io, driftDocument(found))
    else
      io.stdout.write(
        renderDrift({ drift: found, style: io.stdout.style, verbose: options.verbose === true }),
      )
    if (hasFailed(found.plan)) return 1
    return options.exitCode && found.summary.drifted > 0 ? 2 : 0
  })
}

import { driftOf } from '../report/drift.ts'
import { driftDocument } from '../report/json-hosts.ts'
import { renderDrift } from '../report/render-drift.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, withHosts } from './open-hosts.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { writeJson } from './write-json.ts'

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
    if (found.summary.failed > 0) return 1
    return options.exitCode && found.summary.drifted > 0 ? 2 : 0
  })
}

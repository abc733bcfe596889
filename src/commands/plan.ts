import { scriptFor } from '../engine/apply-host.ts'
import type { Host } from '../model/cluster.ts'
import type { Plan } from '../model/plan.ts'
import { planDocument } from '../report/json.ts'
import { renderPlan } from '../report/render-plan.ts'
import { summarisePlan } from '../report/summarise-plan.ts'
import { hostLibrary } from './host-library.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, withHosts } from './open-hosts.ts'
import { writeSealedPlan } from './sealed-plan.ts'
import { onlyHost } from './select-hosts.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { usageError } from './usage-error.ts'
import { writeJson } from './write-json.ts'

export interface PlanOptions extends SpecOptions, HostOptions {
  readonly json?: boolean
  /** Exit with 2 when there are changes. */
  readonly exitCode?: boolean
  /** Whether what left the spec leaves the hosts; it does unless this is false. */
  readonly prune?: boolean
  /** Plan for hosts that a rollback holds, too. */
  readonly release?: boolean
  /** File that gets the plan, sealed for `converge apply FILE`. */
  readonly out?: string
  /** Host whose program is printed instead of the plan. */
  readonly script?: string
}

/** `converge plan`: what an apply would do, changed nowhere; also sealed in a file, or as one host's very program. */
export async function plan(options: PlanOptions, io: Io): Promise<ExitCode> {
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  const scriptHost = options.script === undefined ? undefined : onlyHost(spec.cluster, options.script)
  return withHosts(spec, options, io, async ({ session, progress }) => {
    const planned = await session.plan({
      prune: options.prune !== false,
      release: options.release === true,
    })
    progress.pause()
    if (options.out !== undefined) {
      await writeSealedPlan(options.out, planned, spec, options)
      io.stderr.write(
        `sealed in ${options.out}: \`converge apply ${options.out}\` does exactly this, or refuses\n`,
      )
    }
    if (scriptHost !== undefined) io.stdout.write(scriptOf(planned, scriptHost))
    else if (options.json) writeJson(io, planDocument(planned, 'plan'))
    else
      io.stdout.write(
        renderPlan({ plan: planned, style: io.stdout.style, verbose: options.verbose === true }),
      )
    const { failed, changes } = summarisePlan(planned)
    if (failed > 0) return 1
    return options.exitCode && changes > 0 ? 2 : 0
  })
}

function scriptOf(planned: Plan, host: Host): string {
  const own = planned.hosts.find((candidate) => candidate.host === host.name)
  if (own === undefined) throw usageError(`--script ${host.name}: the host is not in --limit`)
  if (own.status === 'failed') throw own.error
  return scriptFor(own, host, {
    cluster: planned.cluster,
    library: hostLibrary(),
  })
}

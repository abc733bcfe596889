import { scriptFor } from '../engine/apply/apply-host.ts'
import type { Host } from '../model/cluster.ts'
import { hasFailed, type Plan } from '../model/plan.ts'
import { planDocument } from '../report/json/json.ts'
import { renderPlan } from '../report/plan/render-plan.ts'
import { summarisePlan } from '../report/plan/summarise-plan.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import { writeSealedPlan } from './hosts/sealed-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'
import { onlyHost } from './spec/select-hosts.ts'

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
    if (hasFailed(planned)) return 1
    return options.exitCode && summarisePlan(planned).changes > 0 ? 2 : 0
  })
}

function scriptOf(planned: Plan, host: Host): string {
  const own = planned.hosts.find((candidate) => candidate.host === host.name)
  if (own === undefined) throw usageError(`--script ${host.name}: the host is not in --limit`)
  if (own.status === 'failed') throw own.error
  if (own.status === 'held')
    throw usageError(
      `--script ${host.name}: a rollback holds the host, so that nothing would run on it`,
      'pass --release to plan for it as well',
    )
  return scriptFor(own, host, {
    cluster: planned.cluster,
    library: hostLibrary(),
  })
}

import { scriptFor } from '../engine/apply/apply-host.ts'
import type { Host } from '../model/cluster.ts'
import { hasFailed, type Plan } from '../model/plan.ts'
import { summarisePlan } from '../report/plan/summarise-plan.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import { writeSealedPlan } from './hosts/sealed-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'
import { onlyHost } from './spec/select-hosts.ts'

export interface PlanOptions extends SpecOptions, HostOptions {
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
export async function plan(options: PlanOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  const scriptHost = options.script === undefined ? undefined : onlyHost(spec.cluster, options.script)
  return withHosts({ spec, options, io, view }, async ({ session }) => {
    const planned = await session.plan({
      prune: options.prune !== false,
      release: options.release === true,
    })
    if (options.out !== undefined) {
      await writeSealedPlan(options.out, planned, spec, options)
      io.stderr.write(
        `sealed in ${options.out}: \`converge apply ${options.out}\` does exactly this, or refuses\n`,
      )
    }
    if (scriptHost !== undefined) io.stdout.write(scriptOf(planned, scriptHost))
    else view.plan(planned, 'plan')
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

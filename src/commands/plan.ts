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
  /** Exit with 2 if there are changes. */
  readonly exitCode?: boolean
  /** Prune what was removed from the spec; true by default. */
  readonly prune?: boolean
  /** Also plan for hosts held by a rollback. */
  readonly release?: boolean
  /** File to seal the plan in, for `converge apply FILE`. */
  readonly out?: string
  /** Host whose program is printed instead of the plan. */
  readonly script?: string
}

/** `converge plan`: shows what an apply would do, seals it in a file, or prints one host's program. */
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
        `sealed in ${options.out}: \`converge apply ${options.out}\` applies exactly this, or refuses\n`,
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
      `--script ${host.name}: the host is held by a rollback, so nothing would run on it`,
      'pass --release to plan for it anyway',
    )
  return scriptFor(own, host, {
    cluster: planned.cluster,
    library: hostLibrary(),
  })
}

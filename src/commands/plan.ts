import { scriptFor } from '../engine/apply/apply-host.ts'
import { onlyHost } from '../load/hosts/select-hosts.ts'
import type { Host } from '../model/cluster.ts'
import { hasFailed, type Plan } from '../model/plan.ts'
import { shellWord } from '../model/shell-word.ts'
import { hostsWithSecrets, withoutDigests } from '../plan/sealed/concealed-digests.ts'
import { summarisePlan } from '../report/plan/summarise-plan.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import { type HostOptions, hostCommand, type PlanningOptions, planWith } from './hosts/open-hosts.ts'
import { writeSealedPlan } from './hosts/sealed-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import type { LoadedSpec } from './spec/load-spec.ts'

export interface PlanOptions extends HostOptions, PlanningOptions {
  /** Exit with 2 if there are changes. */
  readonly exitCode?: boolean
  /** File to seal the plan in, for `converge apply FILE`. */
  readonly out?: string
  /** Host whose program is printed instead of the plan. */
  readonly script?: string
}

/** `converge plan`: shows what an apply would do, seals it in a file, or prints one host's program. */
export function plan(options: PlanOptions, io: Io, view: View): Promise<ExitCode> {
  return hostCommand(options, io, view, async ({ session }, spec) => {
    const { out, script } = options
    const scriptHost = script === undefined ? undefined : onlyHost(spec.cluster.hosts, script)
    const planned = await planWith(options, session, spec)
    if (out !== undefined) {
      await writeSealedPlan(out, planned, spec, options, io.env)
      io.stderr.write(
        `sealed in ${out}: \`converge apply ${shellWord(out)}\` applies exactly this, or refuses\n`,
      )
    }
    if (scriptHost !== undefined) io.stdout.write(scriptOf(planned, scriptHost, spec))
    else view.plan(planned, 'plan')
    if (hasFailed(planned)) return 1
    return options.exitCode && summarisePlan(planned).changes > 0 ? 2 : 0
  })
}

function scriptOf(planned: Plan, host: Host, { catalog }: LoadedSpec): string {
  const own = planned.hosts.find((candidate) => candidate.host === host.name)
  if (own === undefined) throw usageError(`--script ${host.name}: the host is not in --limit`)
  if (own.status === 'failed') throw own.error
  if (own.status === 'held') {
    const message = `--script ${host.name}: the host is held by a rollback, so nothing would run on it`
    throw usageError(message, 'pass --release to plan for it anyway')
  }
  const script = scriptFor(own, host, { cluster: planned.cluster, library: hostLibrary() })
  return hostsWithSecrets(planned, catalog).includes(host.name) ? withoutDigests(script) : script
}

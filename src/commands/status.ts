import type { HostPlan } from '../model/plan.ts'
import { heldBy } from '../plan/held.ts'
import { type HostStatus, hostStatus } from '../report/host-status.ts'
import { statusDocument } from '../report/json-hosts.ts'
import { renderStatus } from '../report/render-status.ts'
import type { ExitCode, Io } from './io.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, withHosts } from './open-hosts.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { writeJson } from './write-json.ts'

export interface StatusOptions extends SpecOptions, HostOptions {
  readonly json?: boolean
}

/** `converge status [SELECTOR]`: how each host is, on one line. */
export async function status(options: StatusOptions, io: Io): Promise<ExitCode> {
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async ({ session, progress }) => {
    // As if nothing were held: what was changed by hand is of interest on held hosts, too.
    const plan = await session.plan({ prune: true, release: true })
    progress.pause()
    const hosts = plan.hosts.map((host) => statusOf(host, spec))
    if (options.json) writeJson(io, statusDocument(plan.cluster, hosts))
    else io.stdout.write(renderStatus({ hosts, style: io.stdout.style, verbose: options.verbose === true }))
    return hosts.some((host) => host.status === 'unreachable') ? 1 : 0
  })
}

function statusOf(host: HostPlan, { catalog }: LoadedSpec): HostStatus {
  const own = catalog.hosts.find((candidate) => candidate.host === host.host)
  const held = own === undefined || host.status === 'failed' ? undefined : heldBy(own, host.facts)
  return hostStatus(host, held)
}

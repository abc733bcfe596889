import type { HostPlan } from '../model/plan.ts'
import { heldBy } from '../record/hold.ts'
import { type HostStatus, hostStatus } from '../report/hosts/host-status.ts'
import { renderStatus } from '../report/hosts/render-status.ts'
import { statusDocument } from '../report/json/json-hosts.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

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
    return hosts.every(({ status }) => status === 'reachable' || status === 'applying') ? 0 : 1
  })
}

function statusOf(host: HostPlan, { catalog }: LoadedSpec): HostStatus {
  const own = catalog.hosts.find((candidate) => candidate.host === host.host)
  const held = own === undefined || host.status === 'failed' ? undefined : heldBy(own, host.facts)
  return hostStatus(host, held)
}

import type { HostPlan } from '../model/plan.ts'
import { heldBy } from '../record/hold.ts'
import { type HostStatus, hostStatus } from '../report/hosts/host-status.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export type StatusOptions = SpecOptions & HostOptions

/** `converge status [SELECTOR]`: how each host is, on one line. */
export async function status(options: StatusOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  return withHosts({ spec, options, io, view }, async ({ session }) => {
    // `release`: drift on held hosts counts, too.
    const plan = await session.plan({ prune: true, release: true })
    const hosts = plan.hosts.map((host) => statusOf(host, spec))
    view.status(plan.cluster, hosts)
    return hosts.every(({ status }) => status === 'reachable' || status === 'applying') ? 0 : 1
  })
}

function statusOf(host: HostPlan, { catalog }: LoadedSpec): HostStatus {
  const own = catalog.hosts.find((candidate) => candidate.host === host.host)
  const held = own === undefined || host.status === 'failed' ? undefined : heldBy(own, host.facts)
  return hostStatus(host, held)
}

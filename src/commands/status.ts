import type { HostPlan } from '../model/plan.ts'
import { heldBy } from '../record/hold.ts'
import { type HostStatus, hostStatus } from '../report/hosts/host-status.ts'
import type { View } from '../report/views/view.ts'
import { certificateFacts, dayOf } from '../secrets/certificates.ts'
import { everything, type HostOptions, hostCommand } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { catalogOf, type LoadedSpec } from './spec/load-spec.ts'

/** `converge status [SELECTOR]`: how each host is, on one line. */
export function status(options: HostOptions, io: Io, view: View): Promise<ExitCode> {
  return hostCommand(options, io, view, async ({ session }, spec) => {
    // `release`: drift on held hosts counts, too.
    const plan = await session.plan(everything)
    const hosts = plan.hosts.map((host) => statusOf(host, spec))
    view.status(plan.cluster, hosts)
    view.remark(...expiries(spec))
    return hosts.every(isWell) ? 0 : 1
  })
}

/** When the certificates that the spec uses expire. */
function expiries({ secrets: { file, uses } }: LoadedSpec): readonly string[] {
  const used = new Set(uses.map(({ key }) => key))
  const words = [...(file?.secrets ?? [])].flatMap(([key, { certificate }]) => {
    const facts = certificate !== undefined && used.has(key) ? certificateFacts(certificate) : undefined
    return facts === undefined ? [] : [`${key} until ${dayOf(facts.notAfter)}`]
  })
  return words.length === 0 ? [] : [`certificates: ${words.join(', ')}`]
}

function isWell(host: HostStatus): boolean {
  return host.status === 'applying' || (host.status === 'reachable' && host.failed === undefined)
}

function statusOf(host: HostPlan, spec: LoadedSpec): HostStatus {
  const own = catalogOf(spec, host.host)
  const held = own === undefined || host.status === 'failed' ? undefined : heldBy(own, host.facts)
  return hostStatus(host, held)
}

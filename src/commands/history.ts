import { given } from '../model/given.ts'
import type { HostHistory } from '../model/manifest.ts'
import { holderIn } from '../record/hold.ts'
import type { RecordedHost } from '../report/hosts/render-history.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, hostCommand } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { catalogOf, type LoadedSpec } from './spec/load-spec.ts'

/** `converge history [SELECTOR]`: the applies recorded on each host. */
export function history(options: HostOptions, io: Io, view: View): Promise<ExitCode> {
  return hostCommand(options, io, view, async ({ session }, spec) => {
    const answers = await session.history()
    const hosts = [...answers].map(
      ([host, answer]): RecordedHost =>
        answer instanceof Error ? { host, error: answer } : { host, ...stillHeld(host, answer, spec) },
    )
    view.history(spec.cluster.name, hosts)
    return hosts.some((host) => 'error' in host) ? 1 : 0
  })
}

/** A hold ends when the spec of the host differs from the one that was rolled back. */
function stillHeld(host: string, { generations, held }: HostHistory, spec: LoadedSpec): HostHistory {
  const own = catalogOf(spec, host)
  return { generations, ...given({ held: own && holderIn(held, own) }) }
}

import { given } from '../model/given.ts'
import type { HostHistory } from '../model/manifest.ts'
import { holderIn } from '../record/hold.ts'
import type { RecordedHost } from '../report/hosts/render-history.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export type HistoryOptions = SpecOptions & HostOptions

/** `converge history [SELECTOR]`: the applies recorded on each host. */
export async function history(options: HistoryOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  return withHosts({ spec, options, io, view }, async ({ session }) => {
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
function stillHeld(host: string, { generations, held }: HostHistory, { catalog }: LoadedSpec): HostHistory {
  const own = catalog.hosts.find((candidate) => candidate.host === host)
  const holder = own === undefined ? undefined : holderIn(held, own)
  return { generations, ...given({ held: holder }) }
}

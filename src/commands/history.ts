import { given } from '../model/given.ts'
import type { HostHistory } from '../model/manifest.ts'
import { holderIn } from '../record/hold.ts'
import { type RecordedHost, renderHistory } from '../report/hosts/render-history.ts'
import { historyDocument } from '../report/json/json-hosts.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface HistoryOptions extends SpecOptions, HostOptions {
  readonly json?: boolean
}

/** `converge history [SELECTOR]`: the applies that each host remembers and can go back behind. */
export async function history(options: HistoryOptions, io: Io): Promise<ExitCode> {
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  return withHosts(spec, options, io, async ({ session, progress }) => {
    const answers = await session.history()
    progress.pause()
    const hosts = [...answers].map(
      ([host, answer]): RecordedHost =>
        answer instanceof Error ? { host, error: answer } : { host, ...stillHeld(host, answer, spec) },
    )
    if (options.json) writeJson(io, historyDocument(spec.cluster.name, hosts))
    else io.stdout.write(renderHistory({ hosts, style: io.stdout.style, verbose: options.verbose === true }))
    return hosts.some((host) => 'error' in host) ? 1 : 0
  })
}

/** A hold ends by itself once the spec asks for something else than what was rolled back. */
function stillHeld(host: string, { generations, held }: HostHistory, { catalog }: LoadedSpec): HostHistory {
  const own = catalog.hosts.find((candidate) => candidate.host === host)
  const holder = own === undefined ? undefined : holderIn(held, own)
  return { generations, ...given({ held: holder }) }
}

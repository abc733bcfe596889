import { diagnosticsDocument } from '../report/json/json.ts'
import { count } from '../report/text/words.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface ValidateOptions extends SpecOptions {
  readonly json?: boolean
}

/** `converge validate`: checks and compiles the spec, contacts nobody. Throws a SpecError with what is wrong. */
export async function validate(options: ValidateOptions, io: Io): Promise<ExitCode> {
  const { cluster, catalog, warnings } = await loadSpec(options)
  if (options.json) {
    writeJson(io, diagnosticsDocument(warnings, 'validate'))
    return 0
  }
  showDiagnostics(warnings, io)
  const resources = catalog.hosts.reduce((sum, host) => sum + host.entries.length, 0)
  io.stdout.write(
    `${options.file} is valid: cluster ${cluster.name}, ${count(cluster.hosts.length, 'host')}, ${count(resources, 'resource')}\n`,
  )
  return 0
}

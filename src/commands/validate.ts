import { diagnosticsDocument } from '../report/json.ts'
import { count } from '../report/words.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { writeJson } from './write-json.ts'

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

import type { HostCatalog } from '../model/resource.ts'
import { count } from '../report/text/words.ts'
import type { View } from '../report/views/view.ts'
import type { ExitCode } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

/** `converge validate`: checks and compiles the spec. Throws a SpecError with every mistake. */
export async function validate(options: SpecOptions, view: View): Promise<ExitCode> {
  let resources = 0
  const countOnly = ({ entries }: HostCatalog) => {
    resources += entries.length
    return undefined
  }
  const { cluster, warnings } = await loadSpec(options, { keepOf: () => countOnly })
  view.diagnostics(warnings)
  view.remark(
    `${options.file} is valid: cluster ${cluster.name}, ${count(cluster.hosts.length, 'host')}, ${count(resources, 'resource')}`,
  )
  return 0
}

import type { HostCatalog } from '../model/resource.ts'
import { describeGroups } from '../plan/rollout/group-arithmetic.ts'
import { count } from '../report/text/words.ts'
import type { View } from '../report/views/view.ts'
import type { ExitCode } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

/** `converge validate`: checks and compiles the spec. Throws a SpecError with every mistake. */
export async function validate(options: SpecOptions, view: View): Promise<ExitCode> {
  // By host: on a busy machine the work may begin once more.
  const resources = new Map<string, number>()
  const countOnly = ({ host, entries }: HostCatalog) => {
    resources.set(host, entries.length)
    return undefined
  }
  const { cluster, warnings, groups } = await loadSpec(options, { keepOf: () => countOnly })
  view.diagnostics(warnings)
  const total = [...resources.values()].reduce((sum, own) => sum + own, 0)
  view.remark(
    `${options.file} is valid: cluster ${cluster.name}, ${count(cluster.hosts.length, 'host')}, ${count(total, 'resource')}`,
    ...describeGroups(groups),
  )
  return 0
}

import { dirname, join } from 'node:path'
import { explainHost } from '../explain/explain-host.ts'
import { explainOutputs } from '../explain/explain-outputs.ts'
import { explainValues } from '../explain/explain-values.ts'
import type { ExplainedSpec } from '../explain/explained-spec.ts'
import { findOutputs, parseSubject } from '../explain/subject.ts'
import { readAnyWithin } from '../load/files/read-within.ts'
import { onlyHost } from '../load/hosts/select-hosts.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import type { Explanation } from '../model/explanation.ts'
import { stands, withoutSecrets } from '../model/secret.ts'
import type { View } from '../report/views/view.ts'
import type { ExitCode } from './io/io.ts'
import { catalogOf, type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

/** `converge explain HOST[:WHAT]`: where a value, a line of a file or a resource of a host comes from. */
export async function explain(subject: string, options: SpecOptions, view: View): Promise<ExitCode> {
  const parsed = parseSubject(subject)
  const spec = await loadSpec(options, {
    keepOf: () => (catalog) => (catalog.host === parsed.host ? catalog : undefined),
  })
  view.warnings(spec.warnings)
  const explanation = explanationOf(spec, parsed)
  view.explanation(
    spec.cluster.name,
    withoutSecrets(explanation, ({ names }) => names.map(stands).join('')),
  )
  return 0
}

function explanationOf(spec: LoadedSpec, subject: ReturnType<typeof parseSubject>): Explanation {
  const { cluster, limitMs } = spec
  const host = onlyHost(cluster.hosts, subject.host)
  const catalog = catalogOf(spec, host.name)
  if (catalog === undefined) throw new InternalError(`the host ${host.name} was not compiled`)
  if (subject.of === 'value') return explainValues(cluster, host, subject.path)
  const end = performance.now() + limitMs
  const explained: ExplainedSpec = {
    ...spec,
    compile: (changed, of, recipes) =>
      withoutMistakes(() => spec.compile({ cluster: changed, hosts: [of], recipes }))?.hosts[0],
    readText(path, position) {
      const folder = dirname(position?.file ?? cluster.file)
      const text = readAnyWithin({ root: cluster.root, folder, path })
      return typeof text === 'string' ? { text, file: join(folder, path) } : undefined
    },
    hasTime: () => performance.now() < end,
  }
  if (subject.of === 'host') return explainHost(explained, host, catalog)
  return explainOutputs(explained, host, findOutputs(catalog.entries, subject))
}

/** What recipes refuse of a changed spec tells nothing. */
function withoutMistakes<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof SpecError) return undefined
    throw error
  }
}

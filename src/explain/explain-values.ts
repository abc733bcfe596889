import { resolveDottedPath } from '../load/layers/layers.ts'
import type { Cluster, Host } from '../model/cluster.ts'
import { SpecError } from '../model/errors.ts'
import type { ExplainedValue, ValuesExplanation } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { formatPath, type Path } from '../model/path.ts'
import { nearest } from '../validation/nearest.ts'
import { createTraces, decidingSetting, leavesAt, valueIn } from './causes.ts'

/** What may be left out before a path. */
const prefixes: readonly Path[] = [[], ['attributes'], ['host']]

/** Explains the values at a dotted path of a host: every layer that sets or removes each. Throws a SpecError. */
export function explainValues(cluster: Cluster, host: Host, text: string): ValuesExplanation {
  const { traceOf, causeOf } = createTraces(cluster)
  const trace = traceOf(host.name) ?? host.trace()
  const { values, settings } = trace
  const found = prefixes.flatMap((prefix): readonly Path[] => {
    const path = resolveDottedPath(valueIn(values, prefix) ?? null, text)
    return path === undefined ? [] : leavesAt(values, [...prefix, ...path])
  })
  const removed = prefixes
    .map((prefix) => [...prefix, ...text.split('.')])
    .filter((path) => path.length > 1 && settings(path).some(({ effect }) => effect === 'removes'))
  const [first] = found.length > 0 ? found : removed
  if (first === undefined) throw unknownPath(host, text, leavesAt(values, []))
  const leaves = found.length > 0 ? found.filter((path) => path[0] === first[0]) : [first]
  return {
    about: 'values',
    host: host.name,
    values: leaves.map((path): ExplainedValue => {
      const own = settings(path)
      const deciding = decidingSetting(trace, path)
      return {
        path: formatPath(path),
        ...given({ value: valueIn(values, path) }),
        settings: (own.length > 0 || deciding === undefined ? own : [deciding]).map(
          ({ refersTo: _refersTo, ...setting }) => setting,
        ),
        refersTo: causeOf(host.name, path).refersTo,
      }
    }),
  }
}

function unknownPath(host: Host, text: string, leaves: readonly Path[]): SpecError {
  const known = leaves.flatMap((path) => [formatPath(path), formatPath(path.slice(1))])
  const likely = nearest(text, known)
  return new SpecError([
    {
      code: 'not-found',
      message: `${host.name} has no value ${text}`,
      hint:
        likely === undefined
          ? 'such as etcd.version, platform.arch or host.address'
          : `did you mean ${likely}?`,
    },
  ])
}

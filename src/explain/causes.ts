import type { Cluster, Host, Setting, Trace } from '../model/cluster.ts'
import type { Cause } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { perText } from '../model/memo.ts'
import { formatPath, type Path } from '../model/path.ts'
import { isList, isMap, type Value } from '../model/value.ts'

/** The value at a path of the scope of a host, with the layer that decides it and what its expressions refer to. */
type CauseOf = (host: string, path: Path, hosts?: readonly string[]) => Cause

export interface Traces {
  traceOf(host: string): Trace | undefined
  causeOf: CauseOf
}

/** References within references that are followed. */
const maxDepth = 20

export function createTraces({ hosts }: Pick<Cluster, 'hosts'>): Traces {
  const byName = new Map(hosts.map((host) => [host.name, host]))
  const traceOf = perText((name) => byName.get(name)?.trace())
  const causeAt = (trace: Trace | undefined, path: Path, depth: number): Cause => {
    const setting = trace && decidingSetting(trace, path)
    const value = trace && valueIn(trace.values, path)
    const { layer, position, refersTo = [], value: written } = setting ?? {}
    const isKnown = ([first]: Path) => Object.hasOwn(trace?.scope ?? {}, String(first))
    const refs = depth > maxDepth ? [] : refersTo.filter(isKnown)
    return {
      kind: 'value',
      what: formatPath(path),
      ...given({ value, layer, position }),
      ...(refersTo.length > 0 && written !== undefined && { written }),
      refersTo: refs.flatMap((ref) =>
        leavesAt(trace?.scope, ref).map((leaf) => causeAt(trace, leaf, depth + 1)),
      ),
    }
  }
  return {
    traceOf,
    causeOf: (host, path, of) => ({ ...causeAt(traceOf(host), path, 0), ...given({ hosts: of }) }),
  }
}

/** The setting that a value has from, through an expression that yields what is around it. */
export function decidingSetting(trace: Trace, path: Path): Setting | undefined {
  for (let end = path.length; end > 0; end -= 1) {
    const at = path.slice(0, end)
    if (end < path.length && typeof valueIn(trace.scope, at) !== 'string') continue
    const found = trace.settings(at).findLast(({ effect }) => effect !== 'overridden')
    if (found !== undefined) return found
    if (end === path.length && valueIn(trace.scope, at) !== undefined) return undefined
  }
  return undefined
}

/** The leaves at a path and below; the path itself if there is nothing. */
export function leavesAt(root: Value | undefined, path: Path): readonly Path[] {
  const value = valueIn(root, path)
  if (typeof value !== 'object' || value === null) return [path]
  const entries = isList(value) ? [...value.keys()] : Object.keys(value)
  return entries.length === 0 ? [path] : entries.flatMap((key) => leavesAt(root, [...path, key]))
}

export function valueIn(root: Value | undefined, path: Path): Value | undefined {
  let value = root
  for (const part of path) {
    if (isList(value)) value = value[Number(part)]
    else value = isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }
  return value
}

/** The hosts of a cluster that have names, in their order. */
export function namesOf(hosts: readonly Host[]): readonly string[] {
  return hosts.map(({ name }) => name)
}

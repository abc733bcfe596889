import { pathsIn } from '../load/expressions/expression.ts'
import type { SpecChange } from '../load/what-if.ts'
import type { Host, ResourceDeclaration } from '../model/cluster.ts'
import type { Cause } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { formatPath, type Path } from '../model/path.ts'
import { Platform } from '../model/platform.ts'
import type { Value } from '../model/value.ts'
import { isSchema, schemaBelow } from '../validation/json-schema.ts'
import { alternatives, lineChanges } from './alternatives.ts'
import { decidingSetting, leavesAt, type Traces, valueIn } from './causes.ts'
import type { ExplainedSpec, Recipes } from './explained-spec.ts'
import type { Reads } from './reads.ts'

/** Something that may be a cause, and what to try in its place. */
export interface Candidate {
  /** Several if hosts have it from several places. */
  readonly causes: readonly Cause[]
  readonly attempts: readonly Attempt[]
}

export type Attempt = SpecChange | { readonly selection: string; readonly without: string }

interface Sources {
  readonly spec: ExplainedSpec
  readonly host: Host
  readonly traces: Traces
}

/** What a recipe has read. */
export function recipeCandidates(reads: Reads, sources: Sources): readonly Candidate[] {
  const { host } = sources
  const own = [...(reads.values.get(host.name)?.values() ?? [])].map((path) =>
    valueCandidate([host.name], path, sources),
  )
  const selections = [...reads.selections].map(([selection, names]): Candidate => {
    const without = names.findLast((name) => name !== host.name)
    return {
      causes: [{ kind: 'hosts', what: selection, hosts: names, refersTo: [] }],
      attempts: without === undefined ? [] : [{ selection, without }],
    }
  })
  const others = new Map<string, { readonly path: Path; readonly hosts: string[] }>()
  for (const [name, paths] of reads.values) {
    if (name === host.name) continue
    for (const [key, path] of paths) {
      const known = others.get(key) ?? { path, hosts: [] }
      known.hosts.push(name)
      others.set(key, known)
    }
  }
  const ofOthers = [...others.values()].map(({ path, hosts }) => valueCandidate(hosts, path, sources))
  return [...own, ...selections, ...ofOthers]
}

/** A value of the scope of hosts that is read there. */
function valueCandidate(hosts: readonly string[], path: Path, { spec, host, traces }: Sources): Candidate {
  const [first = host.name] = hosts
  const { scope, values } = traces.traceOf(first) ?? {}
  const changes = alternatives(valueIn(scope, path), valueIn(values, path), choicesAt(path, spec.recipes))
  const isOwn = hosts.length === 1 && first === host.name
  const isOfSpec = path[0] === 'data' || path[0] === 'cluster'
  return {
    causes: isOwn ? [traces.causeOf(first, path)] : causesOfOthers(hosts, path, traces),
    attempts: changes.map((to) =>
      isOfSpec
        ? { written: path[0] === 'cluster' ? ['cluster'] : path, to }
        : { hosts: new Set(hosts), path, to },
    ),
  }
}

/** A cause for each place that the value of some of the hosts is from. */
function causesOfOthers(
  hosts: readonly string[],
  path: Path,
  { traceOf, causeOf }: Traces,
): readonly Cause[] {
  const places = new Map<string, string[]>()
  for (const host of hosts) {
    const trace = traceOf(host)
    const { layer, position } = (trace && decidingSetting(trace, path)) ?? {}
    const place = JSON.stringify([layer, position])
    places.set(place, [...(places.get(place) ?? []), host])
  }
  return [...places.values()].map((from) => {
    const { value, ...cause } = causeOf(from[0] ?? '', path, from)
    return from.length === 1 ? { ...cause, ...given({ value }) } : cause
  })
}

/** The values that a schema lists for a path. */
function choicesAt([section, name, ...rest]: Path, recipes: Recipes): readonly Value[] {
  const root: unknown = section === 'platform' ? Platform : recipes[String(name)]?.recipe.attributes
  const below = section === 'platform' ? [name, ...rest] : rest
  const schema = below.reduce<unknown>((at, key) => schemaBelow(at, String(key)), root)
  if (!isSchema(schema) || (section !== 'platform' && section !== 'attributes')) return []
  const listed = Array.isArray(schema.enum) ? schema.enum : []
  const branches = Array.isArray(schema.anyOf)
    ? schema.anyOf.flatMap((one) => (isSchema(one) ? one.const : []))
    : []
  return [...listed, ...branches].filter((choice) => choice !== undefined)
}

/** What a resource of the spec is made of: what is written there, and what its expressions refer to. */
export function declaredCandidates(
  { path = [] }: Pick<ResourceDeclaration, 'path'>,
  sources: Sources,
): readonly Candidate[] {
  // `roles`, the role, `resources`, the index.
  return candidatesAt(path.slice(0, 4), sources)
}

/** An expression may stand for anything. */
function choicesFor(written: Value): readonly Value[] {
  return typeof written === 'string' && /^\{\{.*\}\}$/s.test(written) ? [false, true, 1] : []
}

/** What decides whether a resource of the spec is made, and how often. */
export function controlCandidates(
  { path = [] }: Pick<ResourceDeclaration, 'path'>,
  sources: Sources,
): readonly Candidate[] {
  const controls = ['when', 'forEach'].map((name) => [...path, name])
  return controls.flatMap((at) =>
    valueIn(sources.spec.written, at) === undefined ? [] : candidatesAt(at, sources),
  )
}

function candidatesAt(item: Path, sources: Sources): readonly Candidate[] {
  const { spec, host, traces } = sources
  const written = leavesAt(spec.written, item).flatMap((at): Candidate[] => {
    const value = valueIn(spec.written, at) ?? null
    const what = formatPath(at)
    const text = typeof value === 'string' ? value.replace(/\n$/, '').split('\n') : []
    if (text.length < 2) {
      const cause: Cause = {
        kind: 'text',
        what,
        value,
        ...given({ position: spec.locate(at) }),
        refersTo: [],
      }
      return [
        {
          causes: [cause],
          attempts: alternatives(value, value, choicesFor(value)).map((to) => ({ written: at, to })),
        },
      ]
    }
    return text.map((line, index) => {
      const position = spec.locate(at, { number: index + 1, text: line.trim() })
      const cause: Cause = { kind: 'text', what, value: line, ...given({ position }), refersTo: [] }
      return { causes: [cause], attempts: lineChanges(index).map((to) => ({ written: at, to })) }
    })
  })
  const references = pathsIn(valueIn(spec.written, item) ?? null)
  const scope = traces.traceOf(host.name)?.scope
  // What is not in the scope is an item of `forEach`, whose list is another reference.
  const known = references.filter(([first]) => scope !== undefined && Object.hasOwn(scope, String(first)))
  const leaves = known.flatMap((path) => leavesAt(scope, path))
  return [...written, ...leaves.map((path) => valueCandidate([host.name], path, sources))]
}

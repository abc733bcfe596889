import { diffArrays } from 'diff'
import { besideTemplate, type TemplateFiles } from '../compile/template-files.ts'
import { pathsIn } from '../load/expressions/expression.ts'
import type { SpecChange } from '../load/what-if.ts'
import type { Cluster, Declaration, Host, ResourceDeclaration } from '../model/cluster.ts'
import type { Position, TextLine } from '../model/diagnostic.ts'
import type { Cause, ExplainedOutput, OutputsExplanation } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { formatPath, type Path } from '../model/path.ts'
import { Platform } from '../model/platform.ts'
import { type LoadedRecipe, recipeWords } from '../model/recipe.ts'
import type { CatalogEntry, HostCatalog } from '../model/resource.ts'
import { isMap, type Value, type ValueMap } from '../model/value.ts'
import { isSchema, schemaBelow } from '../validation/json-schema.ts'
import { alternatives, lineChanges } from './alternatives.ts'
import { createTraces, decidingSetting, leavesAt, namesOf, type Traces, valueIn } from './causes.ts'
import { keyOf, type Output, type Outputs, outputsOf } from './outputs.ts'
import {
  noReads,
  type Reads,
  type SourceText,
  selectionName,
  textOfFile,
  textOfTemplate,
  watchReads,
} from './reads.ts'

type Recipes = Readonly<Record<string, LoadedRecipe>>

/** A spec that can be compiled again with changes. */
export interface ExplainedSpec {
  readonly cluster: Cluster
  readonly recipes: Recipes
  /** The spec as it is written, its files merged. */
  readonly written: ValueMap
  locate(path: Path, line?: TextLine): Position | undefined
  whatIf(change: SpecChange, only: ReadonlySet<string>): Cluster | undefined
  /** The catalog of one host; undefined if there is a mistake. */
  compile(cluster: Cluster, host: Host, recipes: Recipes): HostCatalog | undefined
  /** The text of a file that the spec names, and where it is; undefined if it is none. */
  readText(
    path: string,
    position: Position | undefined,
  ): { readonly text: string; readonly file: string } | undefined
  /** Whether another attempt may be made. */
  hasTime(): boolean
}

/** Which lines of some outputs are to be explained. */
export interface Wanted {
  readonly outputs: readonly Output[]
  /** From 1; all of them unless given. */
  readonly line?: number
}

/** Something that may be a cause, and what to try in its place. */
interface Candidate {
  /** Several if hosts have it from several places. */
  readonly causes: readonly Cause[]
  readonly attempts: readonly Attempt[]
}

type Attempt = SpecChange | { readonly selection: string; readonly without: string }

/**
 * Explains lines by compiling the host again with one declared value changed at a time: a value is a cause of the lines
 * that differ. Only what the maker of the lines has read can be one.
 */
export function explainOutputs(spec: ExplainedSpec, host: Host, wanted: Wanted): OutputsExplanation {
  const traces = createTraces(spec.cluster)
  const reads = readsOf(spec, host)
  const others = [...reads.values()].flatMap(({ values, selections }) => [
    ...values.keys(),
    ...[...selections.values()].flat(),
  ])
  const only = new Set([host.name, ...others])
  const attempt = createAttempt(spec, host, only)
  const byMaker = new Map<Declaration | undefined, Output[]>()
  for (const output of wanted.outputs) {
    const maker = makerOf(host, output.entry, spec.recipes)
    byMaker.set(maker, [...(byMaker.get(maker) ?? []), output])
  }
  let isComplete = true
  const explained = [...byMaker].flatMap(([maker, outputs]) => {
    const candidates =
      maker === undefined
        ? []
        : 'recipe' in maker
          ? recipeCandidates(reads.get(maker.recipe) ?? noReads(), { spec, host, traces })
          : declaredCandidates(maker, { spec, host, traces })
    const effects = candidates.map(({ causes, attempts }) => {
      const lines = new Map(outputs.map((output) => [keyOf(output), new Set<number>()]))
      const removes = new Set<string>()
      let shown = 0
      for (const change of attempts) {
        if (!spec.hasTime()) isComplete = false
        if (!spec.hasTime() || shown === enough) break
        const changed = attempt(change)
        if (changed === undefined) continue
        shown += 1
        for (const output of outputs) {
          const key = keyOf(output)
          const other = changed.get(key)
          if (other === undefined) removes.add(key)
          else for (const line of changedLines(output.lines, other.lines)) lines.get(key)?.add(line)
        }
      }
      return { causes, lines, removes }
    })
    const texts = maker === undefined ? [] : textsOf(maker, outputs, reads, spec)
    return outputs.map((output) => explainOutput(output, effects, texts, wanted.line))
  })
  return { about: 'outputs', host: host.name, outputs: explained, isComplete }
}

/** Valid changes of a value that are tried. */
const enough = 3

interface Effect {
  readonly causes: readonly Cause[]
  readonly lines: ReadonlyMap<string, ReadonlySet<number>>
  /** Outputs that are not there, or elsewhere, with another value. */
  readonly removes: ReadonlySet<string>
}

function explainOutput(
  output: Output,
  effects: readonly Effect[],
  texts: readonly SourceText[],
  line: number | undefined,
): ExplainedOutput {
  const { entry, path, isSensitive } = output
  const places = placesOf(output, texts)
  const shown = output.lines.flatMap((text, index) =>
    line === undefined || line === index + 1 ? [{ text, index }] : [],
  )
  const linesOf = ({ lines }: Effect) => lines.get(keyOf(output)) ?? new Set<number>()
  const isCause = (effect: Effect) => shown.some(({ index }) => linesOf(effect).has(index))
  const named = (found: readonly Effect[]) =>
    found.flatMap(({ causes }) => (isSensitive ? causes.map(withoutValues) : causes))
  const causing = effects.filter(isCause)
  const lineOf = causing.flatMap((effect) => effect.causes.map(() => linesOf(effect)))
  // What is written for other parts of a resource is no value that it reads.
  const placing = effects.filter(({ removes }) => removes.has(keyOf(output)))
  const others = effects.filter(
    (effect) => !isCause(effect) && !placing.includes(effect) && effect.causes[0]?.kind !== 'text',
  )
  return {
    ...makerWords(entry),
    resource: entry.resource.id,
    ...given({ path }),
    isSensitive,
    lines: shown.map(({ text, index }) => ({
      number: index + 1,
      ...(!isSensitive && { text }),
      ...given({ template: places.get(index) }),
      causes: lineOf.flatMap((lines, at) => (lines.has(index) ? [at] : [])),
    })),
    thereFor: named(placing),
    causes: named(causing),
    alsoRead: named(others),
  }
}

function makerWords({ declaredBy, position }: CatalogEntry) {
  return { by: declaredBy, ...given({ position }) }
}

function withoutValues({ value: _value, written: _written, refersTo, ...cause }: Cause): Cause {
  return { ...cause, refersTo: refersTo.map(withoutValues) }
}

/** The entry of the run list or the resource of the spec that made something. */
function makerOf(
  host: Host,
  { declaredBy, position, resource }: CatalogEntry,
  recipes: Recipes,
): Declaration | undefined {
  const place = JSON.stringify(position)
  return host.declarations.find((declaration) => {
    if ('recipe' in declaration) return declaredBy === wordsOf(declaration.recipe, recipes)
    const { kind, layer } = declaration
    return kind === resource.kind && layer === declaredBy && JSON.stringify(declaration.position) === place
  })
}

/** What a recipe is called as the maker of something. */
export function wordsOf(recipe: string, recipes: Recipes): string | undefined {
  const loaded = recipes[recipe]
  return loaded && recipeWords(loaded)
}

/** Compiles the host, and notes what each of its recipes reads. */
function readsOf(spec: ExplainedSpec, host: Host): ReadonlyMap<string, Reads> {
  const reads = new Map<string, Reads>()
  const watching = Object.fromEntries(
    Object.entries(spec.recipes).map(([name, loaded]) => {
      const own = noReads()
      reads.set(name, own)
      return [name, watchReads(loaded, own)]
    }),
  )
  const watched = spec.compile(spec.cluster, host, watching)
  const plain = spec.compile(spec.cluster, host, spec.recipes)
  const isSame = watched && plain && JSON.stringify(contentsOf(watched)) === JSON.stringify(contentsOf(plain))
  // Some code takes no watched values, such as structuredClone; what others offer to a collection is not watched.
  for (const [name, own] of reads) {
    if (!isSame || own.collections.size > 0) reads.set(name, { ...own, ...everything(spec, host) })
  }
  return reads
}

function contentsOf({ entries }: HostCatalog) {
  return [...outputsOf(entries)].map(([key, { lines }]) => [key, lines])
}

/** As if all values of all hosts had been read. */
function everything({ cluster }: ExplainedSpec, host: Host): Pick<Reads, 'values' | 'selections'> {
  const values = cluster.hosts.map(({ name, trace }) => {
    const { scope } = trace()
    const leaves = Object.keys(scope)
      .filter((section) => name === host.name || section === 'attributes' || section === 'host')
      .flatMap((section) => leavesAt(scope, [section]))
    return [name, new Map(leaves.map((path) => [formatPath(path), path] as const))] as const
  })
  return { values: new Map(values), selections: new Map([['all', namesOf(cluster.hosts)]]) }
}

interface Sources {
  readonly spec: ExplainedSpec
  readonly host: Host
  readonly traces: Traces
}

function recipeCandidates(reads: Reads, sources: Sources): readonly Candidate[] {
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
function declaredCandidates({ path = [] }: ResourceDeclaration, sources: Sources): readonly Candidate[] {
  const { spec, host, traces } = sources
  // `roles`, the role, `resources`, the index.
  const item = path.slice(0, 4)
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
        { causes: [cause], attempts: alternatives(value, value, []).map((to) => ({ written: at, to })) },
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

/** Compiles the host with a change; undefined if it is not valid. */
function createAttempt(
  spec: ExplainedSpec,
  host: Host,
  only: ReadonlySet<string>,
): (change: Attempt) => Outputs | undefined {
  const position = spec.cluster.hosts.filter(({ name }) => only.has(name)).indexOf(host)
  return (change) => {
    if ('selection' in change) {
      const catalog = spec.compile(spec.cluster, host, withoutHost(spec.recipes, change))
      return catalog && outputsOf(catalog.entries)
    }
    const cluster = spec.whatIf(change, only)
    const changed = cluster?.hosts[position]
    const catalog = cluster && changed && spec.compile(cluster, changed, spec.recipes)
    return catalog && outputsOf(catalog.entries)
  }
}

/** Recipes for which one host is missing among those that they ask for. */
function withoutHost(
  recipes: Recipes,
  { selection, without }: { readonly selection: string; readonly without: string },
): Recipes {
  return Object.fromEntries(
    Object.entries(recipes).map(([name, loaded]) => {
      const resources: LoadedRecipe['recipe']['resources'] = (ctx) =>
        loaded.recipe.resources({
          ...ctx,
          attributes: ctx.attributes as never,
          hosts: (filter) =>
            ctx.hosts(filter).filter((host) => selectionName(filter) !== selection || host.name !== without),
        })
      return [name, { ...loaded, recipe: { ...loaded.recipe, resources } }]
    }),
  )
}

/** The lines that another outcome does not have, from 0. */
function changedLines(lines: readonly string[], other: readonly string[]): readonly number[] {
  if (other.length === lines.length) return [...lines.keys()].filter((index) => lines[index] !== other[index])
  const same = new Set(commonLines(lines, other).map(([index]) => index))
  return [...lines.keys()].filter((index) => !same.has(index))
}

/** The texts of the recipe's templates and files, or those that the declaration names. */
function textsOf(
  maker: Declaration,
  outputs: readonly Output[],
  reads: ReadonlyMap<string, Reads>,
  spec: ExplainedSpec,
): readonly SourceText[] {
  if ('recipe' in maker) return reads.get(maker.recipe)?.texts ?? []
  const { source, template, variables } = maker.desired
  const name = source ?? template
  const found = typeof name === 'string' ? spec.readText(name, maker.position) : undefined
  if (found === undefined) return []
  if (source !== undefined) return [textOfFile(found.text, found.file)]
  const values = isMap(variables) ? variables : {}
  const rendered = outputs.flatMap(({ path, lines }) => (path === undefined ? [] : [`${lines.join('\n')}\n`]))
  const files: TemplateFiles = {
    read: (path) => spec.readText(path, maker.position)?.text ?? '',
    pathOf: (path) => spec.readText(path, maker.position)?.file ?? path,
    partialOf: besideTemplate,
  }
  return rendered.map((text) => textOfTemplate({ files, name: String(name), variables: values, text }))
}

/** The place of each line that is a line of one of these texts, in their order. */
function placesOf({ lines }: Output, texts: readonly SourceText[]): ReadonlyMap<number, Position> {
  const places = new Map<number, Position>()
  for (const text of texts) {
    for (const [index, at] of commonLines(lines, text.lines)) {
      const place = text.places[at]
      if (place !== undefined && !places.has(index)) places.set(index, place)
    }
  }
  return places
}

const maxEdits = 2000

/** The indexes of lines that two texts have in common, in order. */
function commonLines(
  lines: readonly string[],
  others: readonly string[],
): readonly (readonly [number, number])[] {
  const common: [number, number][] = []
  let [at, otherAt] = [0, 0]
  const options = { maxEditLength: maxEdits }
  for (const { value, added, removed } of diffArrays([...lines], [...others], options) ?? []) {
    if (!added && !removed) {
      for (const index of value.keys()) common.push([at + index, otherAt + index])
    }
    if (!added) at += value.length
    if (!removed) otherAt += value.length
  }
  return common
}

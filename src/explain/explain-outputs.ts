import { besideTemplate, type TemplateFiles } from '../compile/template-files.ts'
import type { Declaration, Host } from '../model/cluster.ts'
import type { Cause, ExplainedOutput, OutputsExplanation } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { formatPath } from '../model/path.ts'
import { type LoadedRecipe, recipeWords } from '../model/recipe.ts'
import type { CatalogEntry, HostCatalog } from '../model/resource.ts'
import { isMap } from '../model/value.ts'
import { type Attempt, declaredCandidates, recipeCandidates } from './candidates.ts'
import { createTraces, leavesAt, namesOf } from './causes.ts'
import type { ExplainedSpec, Recipes } from './explained-spec.ts'
import { changedLines, placesOf } from './lines.ts'
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

/** Which lines of some outputs are to be explained. */
export interface Wanted {
  readonly outputs: readonly Output[]
  /** From 1; all of them unless given. */
  readonly line?: number
}

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
  const declarations = host.declarations()
  const byMaker = new Map<Declaration | undefined, Output[]>()
  for (const output of wanted.outputs) {
    const maker = makerOf(output.entry, declarations, spec.recipes)
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

export function withoutValues({ value: _value, written: _written, refersTo, ...cause }: Cause): Cause {
  return { ...cause, refersTo: refersTo.map(withoutValues) }
}

/** The entry of the run list or the resource of the spec that made something. */
function makerOf(
  { declaredBy, position, resource, partOf = [] }: CatalogEntry,
  declarations: readonly Declaration[],
  recipes: Recipes,
): Declaration | undefined {
  const place = JSON.stringify(position)
  return declarations.find((declaration) => {
    if ('recipe' in declaration) return declaredBy === wordsOf(declaration.recipe, recipes)
    const { kind, layer } = declaration
    return (
      (partOf[0] ?? resource.id).startsWith(`${kind}[`) &&
      layer === declaredBy &&
      JSON.stringify(declaration.position) === place
    )
  })
}

/** What a recipe is called as the maker of something. */
export function wordsOf(recipe: string, recipes: Recipes): string | undefined {
  const loaded = recipes[recipe]
  return loaded && recipeWords(loaded)
}

/** Compiles the host, and notes what each of its recipes reads. */
export function readsOf(spec: ExplainedSpec, host: Host): ReadonlyMap<string, Reads> {
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

/** The texts of the recipe's templates and files, or those that the declaration names. */
function textsOf(
  maker: Declaration,
  outputs: readonly Output[],
  reads: ReadonlyMap<string, Reads>,
  spec: ExplainedSpec,
): readonly SourceText[] {
  if ('recipe' in maker) return reads.get(maker.recipe)?.texts ?? []
  if ('isLeftOut' in maker) return []
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

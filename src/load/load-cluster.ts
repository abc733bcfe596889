import type { Cluster } from '../model/cluster.ts'
import type { Diagnostic, Position, TextLine } from '../model/diagnostic.ts'
import { SpecError } from '../model/errors.ts'
import { formatPath, type Path } from '../model/path.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { ResourceKind } from '../model/resource.ts'
import { isMap, type ValueMap } from '../model/value.ts'
import { ofMissingOnly, type SchemaMistake } from '../validation/explain.ts'
import { nearest } from '../validation/nearest.ts'
import { createValidator } from '../validation/validator.ts'
import { readDocuments } from './files/read-documents.ts'
import { createProblems, type Problems } from './problems.ts'
import { loadRecipes } from './recipes/load-recipes.ts'
import { resolve } from './resolve.ts'
import { type ClusterSpec, hostKeys, readSpecSchema } from './schema/cluster-schema.ts'
import { alterHost, changeWritten, type EntryMember, type SpecChange } from './what-if.ts'
import type { Cut } from './yaml/cut.ts'
import { type Document, valueAt } from './yaml/document.ts'
import { INVALID_VALUE } from './yaml/invalid-value.ts'
import type { ParseOptions } from './yaml/parse.ts'

export interface LoadClusterInput {
  readonly file: string
  /** The folder below which the files are that it includes or names. */
  readonly root: string
  /** Overrides the spec's `environment`. */
  readonly environment?: string
  /** Assignments such as `etcd.version=3.5.0`, the strongest layer. */
  readonly set?: readonly string[]
  readonly builtins: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  /** Makes the secrets that the spec refers to by `!secret`. */
  secretAt?: ParseOptions['secretAt']
  /** Called with the file of secrets that the spec names, before anything else is made of the spec. */
  openSecrets?(named: SecretsPlace): Promise<void>
  /** Gives the module to import for the path of a recipe. Throws an Error if it may not run. */
  placeOf(path: string): Promise<string>
  /** Imports a recipe module by its absolute path and gives its exports. */
  importRecipe(path: string): Promise<unknown>
}

/** Which file of secrets a spec names, if any, and where. */
export interface SecretsPlace {
  readonly path: string | undefined
  readonly from: string
  readonly position: Position | undefined
}

export interface LoadedCluster {
  readonly cluster: Cluster
  /** The built-in recipes and the spec's own. */
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly warnings: readonly Diagnostic[]
  /** The spec as it is written, its files merged. */
  readonly written: ValueMap
  /** The place of a value of it, or of a line of its text. */
  locate(path: Path, line?: TextLine): Position | undefined
  /** These hosts as a changed spec has them; undefined if that is not valid, but for their resources. */
  whatIf(change: SpecChange, only: ReadonlySet<string>): Cluster | undefined
}

/**
 * Reads, parses, validates and resolves `cluster.yaml`. Throws a SpecError with all mistakes and their places; if only
 * resources of hosts are wrong, that is found when they are declared.
 */
export async function loadCluster(input: LoadClusterInput): Promise<LoadedCluster> {
  const { file, root, builtins, kinds, placeOf, importRecipe } = input
  const problems = createProblems()
  const { document: written, problems: found } = await readDocuments(file, root, input.secretAt)
  for (const problem of found) problems.error(problem)
  const valid = written && validate(written, problems)
  if (valid === undefined) throw new SpecError(problems.errors)
  const recipes = await loadRecipes({ ...valid, root, builtins, problems, placeOf, importRecipe })
  const { secrets } = valid.spec
  await input.openSecrets?.({
    path: secrets,
    from: valid.document.fileOf(['secrets']),
    position: valid.document.locate(['secrets'], 'value'),
  })
  const { environment, set = [] } = input
  const cluster = resolve({ ...valid, root, recipes, kinds, environment, set, problems })
  if (problems.errors.length > 0) {
    for (const host of cluster.hosts) host.declarations()
    throw new SpecError(problems.errors)
  }
  const whatIf: LoadedCluster['whatIf'] = (change, only) => {
    const found = createProblems()
    const { document: before } = valid
    const document = {
      ...before,
      data: changeWritten(before.data, change),
      source: sourceBut(change, before),
    }
    const changed = document.data === before.data ? valid : validate(document, found)
    if (changed === undefined) return undefined
    const alter = (host: EntryMember) => {
      if (!only.has(host.member.name)) return undefined
      if ('written' in change || !change.hosts.has(host.member.name)) return host
      return alterHost(host, change.path, change.to, before)
    }
    const resolved = resolve({
      ...changed,
      document,
      root,
      recipes,
      kinds,
      environment,
      set,
      problems: found,
      alter,
    })
    return found.errors.length === 0 ? resolved : undefined
  }
  const { data, locate } = valid.document
  return {
    cluster,
    recipes,
    warnings: problems.warnings,
    written: data,
    locate: (path, line) => locate(path, line === undefined ? 'value' : { line }),
    whatIf,
  }
}

/** How scalars are written, but for the changed one. */
function sourceBut(change: SpecChange, { source }: Document): Document['source'] {
  const changed = 'written' in change ? formatPath(change.written) : undefined
  return (path) => (formatPath(path) === changed ? undefined : source(path))
}

/** The document as a spec, without its invalid parts; undefined if too little remains. */
function validate(
  document: Document,
  problems: Problems,
): { readonly spec: ClusterSpec; readonly document: Document } | undefined {
  const check = createValidator<ClusterSpec>(readSpecSchema(), 'the spec')
  let rest = document
  // A section whose name was corrected may have mistakes of its own.
  for (let round = 0; round < 3; round++) {
    const result = check(rest.data, rest.source)
    if (result.ok) return { spec: result.value, document: rest }
    for (const found of round === 0 ? mainMistakes(result.mistakes, rest) : result.mistakes) {
      // What an earlier round has cut is not missing, too.
      const mistake = ofMissingOnly(found, (path) => valueAt(document.data, path) !== undefined)
      if (mistake === undefined || valueAt(rest.data, mistake.path) === INVALID_VALUE) continue
      problems.error({ ...mistake, position: rest.locate(mistake.path, mistake.part) })
    }
    if (isOther(rest, result.mistakes)) return undefined
    rest = rest.without(cutsFor(result.mistakes))
  }
  return undefined
}

/** The mistakes without those that only follow from another one of them. */
function mainMistakes(mistakes: readonly SchemaMistake[], { data }: Document): readonly SchemaMistake[] {
  if (isOther({ data }, mistakes)) {
    const hint = 'start with "cluster: <name>" and "hosts:"; `converge init` writes a working example'
    const message = 'this is not a spec: cluster and hosts are missing'
    return [{ code: 'not-a-spec', path: [], part: 'key', message, hint }]
  }
  const beside = mistakes.filter(({ path }) => besideOf(path, data) !== undefined)
  const [first] = beside
  if (first === undefined) return mistakes
  const name = besideOf(first.path, data)
  const keys = beside.filter(({ path }) => besideOf(path, data) === name).map(({ path }) => path[1] ?? '')
  const message = `${keys.join(', ')} ${keys.length === 1 ? 'is' : 'are'} beside ${name}, not below it`
  const hint = `indent ${keys.length === 1 ? 'it' : 'them'} further than ${name}`
  const whole: SchemaMistake = { ...first, part: 'key', code: 'invalid-value', message, hint }
  return [whole, ...mistakes.filter((mistake) => !beside.includes(mistake))]
}

/** Whether it is another kind of file. */
function isOther({ data }: Pick<Document, 'data'>, mistakes: readonly SchemaMistake[]): boolean {
  const isForeign =
    mistakes.some(({ code }) => code === 'unknown-key') &&
    !mistakes.some(({ path, meant }) => meant !== undefined && nearest(path.at(-1) ?? '', [meant]))
  return isForeign && !Object.hasOwn(data, 'cluster') && !Object.hasOwn(data, 'hosts')
}

/** The empty host or role above a setting that is in its column. */
function besideOf([section = '', key = '', ...rest]: readonly string[], data: ValueMap): string | undefined {
  const entries = data[section]
  if (rest.length > 0 || !definitions.includes(section) || !isMap(entries) || !hostKeys.has(key))
    return undefined
  const names = Object.keys(entries)
  return names.slice(0, names.indexOf(key)).findLast((name) => entries[name] === null)
}

const definitions = ['roles', 'environments', 'hosts']

/** The invalid parts to cut. A role, environment or host is emptied instead, so that references to it stay valid. */
function cutsFor(mistakes: readonly SchemaMistake[]): readonly Cut[] {
  return mistakes
    .filter(({ code }) => code !== 'missing-key')
    .map(({ path, part, meant }) => ({
      path,
      part: part === 'value' && isDefinition(path) ? 'value' : 'key',
      meant,
    }))
}

function isDefinition([section = '', ...rest]: readonly string[]): boolean {
  return rest.length === 1 && definitions.includes(section)
}

import type { Cluster } from '../model/cluster.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { SpecError } from '../model/errors.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { ResourceKind } from '../model/resource.ts'
import type { SchemaMistake } from '../validation/explain.ts'
import { createValidator } from '../validation/validator.ts'
import { createProblems, type Problems } from './problems.ts'
import { readSpec } from './read-spec.ts'
import { loadRecipes } from './recipes/load-recipes.ts'
import { resolve } from './resolve.ts'
import { type ClusterSpec, clusterSchema } from './schema/cluster-schema.ts'
import type { Cut } from './yaml/cut.ts'
import { type Document, valueAt } from './yaml/document.ts'
import { INVALID_VALUE } from './yaml/invalid-value.ts'
import { parseSpec } from './yaml/parse.ts'

export interface LoadClusterInput {
  readonly file: string
  /** Overrides the spec's `environment`. */
  readonly environment?: string
  /** Assignments such as `etcd.version=3.5.0`, the strongest layer. */
  readonly set?: readonly string[]
  readonly builtins: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  /** Imports a recipe module by its absolute path and gives its exports. */
  importRecipe(path: string): Promise<unknown>
}

export interface LoadedCluster {
  readonly cluster: Cluster
  /** The built-in recipes and the spec's own. */
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly warnings: readonly Diagnostic[]
}

/** Reads, parses, validates and resolves `cluster.yaml`. Throws a SpecError with all mistakes and their places. */
export async function loadCluster(input: LoadClusterInput): Promise<LoadedCluster> {
  const { file, builtins, kinds, importRecipe } = input
  const problems = createProblems()
  const { document: written, problems: found } = parseSpec({ file, text: await readSpec(file) })
  for (const problem of found) problems.error(problem)
  const valid = written && validate(written, problems)
  if (valid === undefined) throw new SpecError(problems.errors)
  const recipes = await loadRecipes({ ...valid, builtins, problems, importRecipe })
  const { environment, set = [] } = input
  const cluster = resolve({ ...valid, recipes, kinds, environment, set, problems })
  if (problems.errors.length > 0) throw new SpecError(problems.errors)
  return { cluster, recipes, warnings: problems.warnings }
}

/** The document as a spec, without its invalid parts; undefined if too little remains. */
function validate(
  document: Document,
  problems: Problems,
): { readonly spec: ClusterSpec; readonly document: Document } | undefined {
  const check = createValidator<ClusterSpec>(clusterSchema({ recipes: {}, kinds: {} }), 'the spec')
  let rest = document
  // A section whose name was corrected may have mistakes of its own.
  for (let round = 0; round < 3; round++) {
    const result = check(rest.data, rest.source)
    if (result.ok) return { spec: result.value, document: rest }
    for (const mistake of result.mistakes) {
      const { path, missing } = mistake
      // What an earlier round has cut is not missing, too.
      const isCut = missing !== undefined && valueAt(document.data, [...path, missing]) !== undefined
      if (isCut || valueAt(rest.data, path) === INVALID_VALUE) continue
      problems.error({ ...mistake, position: rest.locate(mistake.path, mistake.part) })
    }
    rest = rest.without(cutsFor(result.mistakes))
  }
  return undefined
}

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
  return rest.length === 1 && ['roles', 'environments', 'hosts'].includes(section)
}

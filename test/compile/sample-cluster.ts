import { type CompileInput, compile } from '../../src/compile/compile.ts'
import type { Declaration, Host } from '../../src/model/cluster.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { LoadedRecipe, RecipeContext } from '../../src/model/recipe.ts'
import type { Catalog, Composite, Resource } from '../../src/model/resource.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { sampleCluster, sampleHost } from '../samples/host.ts'

/** A host that runs the named recipes; the entry of the run list is at line 5 of the spec. */
export function host(
  name: string,
  recipes: readonly string[],
  { declared = [], ...more }: Partial<Host> & { readonly declared?: readonly Declaration[] } = {},
): Host {
  const runList = recipes.map((recipe) => ({ recipe, layer: `host ${name}`, position: AT_RUN_LIST }))
  return sampleHost(name, { ...more, runList, declarations: () => [...runList, ...declared] })
}

export const AT_RUN_LIST = { file: 'cluster.yaml', line: 5, column: 7 }

/** A recipe from its resources; its files by path within its folder. */
export function recipe(
  name: string,
  resources: (ctx: RecipeContext<never>) => readonly (Resource | Composite)[],
  files: Readonly<Record<string, string>> = {},
): LoadedRecipe {
  return { recipe: { name, attributes: { type: 'object' }, needs: [], resources }, read: reader(files) }
}

export interface Sample extends Pick<CompileInput, 'keep'> {
  readonly hosts: readonly Host[]
  readonly recipes?: readonly LoadedRecipe[]
  readonly files?: Readonly<Record<string, string>>
}

export function compileSample({ hosts, recipes = [], files = {}, ...more }: Sample): Catalog {
  const byName = Object.fromEntries(recipes.map((loaded) => [loaded.recipe.name, loaded]))
  return compile({
    cluster: sampleCluster(hosts),
    recipes: byName,
    kinds: resourceKinds,
    readFile: reader(files),
    ...more,
  })
}

/** The mistakes that compiling finds, as `line:column code message; hint`. */
export function mistakes(sample: Sample): readonly string[] {
  try {
    compileSample(sample)
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    return error.diagnostics.map(
      ({ code, message, hint, position }) =>
        `${position?.line}:${position?.column} ${code} ${message}${hint === undefined ? '' : `; ${hint}`}`,
    )
  }
  return []
}

/** The identities of the first host's resources, in order. */
export function ids(catalog: Catalog): readonly string[] {
  return (catalog.hosts[0]?.entries ?? []).map(({ resource }) => resource.id)
}

function reader(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`there is no file ${path}`)
    return text
  }
}

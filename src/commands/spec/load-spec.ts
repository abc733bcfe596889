import { dirname, resolve } from 'node:path'
import { type CompileInput, compile } from '../../compile/compile.ts'
import * as dsl from '../../dsl.ts'
import { largeWithin, readAnyWithin } from '../../load/files/read-within.ts'
import { type LoadedCluster, loadCluster } from '../../load/load-cluster.ts'
import { createImportRecipe } from '../../load/recipes/import-recipe.ts'
import { given } from '../../model/given.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { resourceKinds } from '../../resources/index.ts'
import { builtins } from './builtins.ts'
import { withinCompileTime } from './compile-time.ts'
import { repositoryOf } from './git-state.ts'
import { recipeCache } from './recipe-cache.ts'
import { recipePlaces } from './recipe-places.ts'
import { checkSpecFile } from './spec-file.ts'

/** Which spec to load, and what the command line changes in it. */
export interface SpecOptions {
  readonly file: string
  readonly environment?: string
  /** `path=value`, the strongest layer. */
  readonly set?: readonly string[]
  /** Folder below which recipes may be, instead of the spec's repository. */
  readonly recipesBelow?: string
  /** Git revision whose recipes run instead of those that are there, or `none`. */
  readonly trustOnly?: string
  /** Seconds that recipes may take together; 30 unless given. */
  readonly compileTimeout?: number
}

const defaultCompileSeconds = 30

/** A valid spec with its recipes and catalog. */
export interface LoadedSpec extends LoadedCluster {
  /** Of the whole cluster, whatever --limit says: hosts refer to each other. */
  readonly catalog: Catalog
  /** Compiles hosts again, with changes. Throws a SpecError. */
  compile(changes: Pick<CompileInput, 'cluster' | 'recipes' | 'hosts'>): Catalog
  /** Processor time for recipes. */
  readonly limitMs: number
}

/** Reads, checks and compiles a spec. Throws a SpecError with everything that is wrong. */
export async function loadSpec(options: SpecOptions): Promise<LoadedSpec> {
  checkSpecFile(options.file)
  const limitMs = (options.compileTimeout ?? defaultCompileSeconds) * 1000
  const cache = options.trustOnly === undefined ? await recipeCache() : undefined
  const folder = resolve(dirname(options.file))
  const root = repositoryOf(folder) ?? folder
  const loaded = await loadCluster({
    file: options.file,
    root,
    ...given({ environment: options.environment, set: options.set }),
    builtins,
    kinds: resourceKinds,
    placeOf: recipePlaces(options),
    importRecipe: createImportRecipe(dsl, {
      limitMs,
      packages: options.trustOnly === undefined,
      ...given({ cache }),
    }),
  })
  const compileWith: LoadedSpec['compile'] = ({ cluster, recipes, hosts }) =>
    withinCompileTime({ cluster, recipes, limitMs }, (watched) =>
      compile({
        cluster,
        recipes: watched,
        ...given({ hosts }),
        kinds: resourceKinds,
        readFile: (path, folder) => readAnyWithin({ root, folder, path }),
        largeFile: (path, folder) => largeWithin({ root, folder, path }),
      }),
    )
  return { ...loaded, catalog: compileWith(loaded), compile: compileWith, limitMs }
}

export function catalogOf({ catalog }: Pick<LoadedSpec, 'catalog'>, host: string): HostCatalog | undefined {
  return catalog.hosts.find((candidate) => candidate.host === host)
}

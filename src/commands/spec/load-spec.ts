import { dirname, resolve } from 'node:path'
import { compile } from '../../compile/compile.ts'
import * as dsl from '../../dsl.ts'
import { largeWithin, readAnyWithin } from '../../load/files/read-within.ts'
import { loadCluster } from '../../load/load-cluster.ts'
import { createImportRecipe } from '../../load/recipes/import-recipe.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import type { LoadedRecipe } from '../../model/recipe.ts'
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
  /** The repository of a spec that was taken out of it: its files are private, and gone after this run. */
  readonly trustedIn?: string
  /** Seconds that recipes may take together; 30 unless given. */
  readonly compileTimeout?: number
}

const defaultCompileSeconds = 30

/** A valid spec with its recipes and catalog. */
export interface LoadedSpec {
  readonly cluster: Cluster
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  /** Of the whole cluster, whatever --limit says: hosts refer to each other. */
  readonly catalog: Catalog
  readonly warnings: readonly Diagnostic[]
}

/** Reads, checks and compiles a spec. Throws a SpecError with everything that is wrong. */
export async function loadSpec(options: SpecOptions): Promise<LoadedSpec> {
  checkSpecFile(options.file)
  const limitMs = (options.compileTimeout ?? defaultCompileSeconds) * 1000
  const cache =
    options.trustOnly === undefined && options.trustedIn === undefined ? await recipeCache() : undefined
  const folder = resolve(dirname(options.file))
  const root = repositoryOf(folder) ?? folder
  const { cluster, recipes, warnings } = await loadCluster({
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
  const catalog = withinCompileTime({ cluster, recipes, limitMs }, (watched) =>
    compile({
      cluster,
      recipes: watched,
      kinds: resourceKinds,
      readFile: (path, folder) => readAnyWithin({ root, folder, path }),
      largeFile: (path, folder) => largeWithin({ root, folder, path }),
    }),
  )
  return { cluster, recipes, catalog, warnings }
}

export function catalogOf({ catalog }: LoadedSpec, host: string): HostCatalog | undefined {
  return catalog.hosts.find((candidate) => candidate.host === host)
}

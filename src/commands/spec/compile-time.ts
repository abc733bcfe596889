import { TimeLimitError, withTimeLimit } from '../../load/recipes/time-limit.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { LoadedRecipe } from '../../model/recipe.ts'

type Recipes = Readonly<Record<string, LoadedRecipe>>

export interface CompileTime {
  readonly cluster: Cluster
  readonly recipes: Recipes
  readonly limitMs: number
}

/**
 * Runs `work` with wrapped recipes, which it must use, and stops it at the time limit: the SpecError names the recipe
 * and the host that were being compiled.
 */
export function withinCompileTime<T>(
  { cluster, recipes, limitMs }: CompileTime,
  work: (watched: Recipes) => T,
): T {
  let running: { readonly recipe: string; readonly host: string } | undefined
  const watch = (loaded: LoadedRecipe): LoadedRecipe => ({
    ...loaded,
    recipe: {
      ...loaded.recipe,
      resources(ctx) {
        running = { recipe: loaded.recipe.name, host: ctx.host.name }
        const resources = loaded.recipe.resources(ctx)
        running = undefined
        return resources
      },
    },
  })
  const watched: Record<string, LoadedRecipe> = Object.create(null)
  for (const [name, loaded] of Object.entries(recipes)) watched[name] = watch(loaded)
  try {
    return withTimeLimit(limitMs, () => work(watched))
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error
    throw tookTooLong(cluster, running, limitMs)
  }
}

function tookTooLong(
  cluster: Cluster,
  running: { readonly recipe: string; readonly host: string } | undefined,
  limitMs: number,
): SpecError {
  const within = `within ${limitMs / 1000} s`
  const message =
    running === undefined
      ? `compiling did not finish ${within}`
      : `recipe ${running.recipe}: it did not finish ${within}, on host ${running.host}`
  const position = running === undefined ? undefined : entryOf(cluster, running)
  return new SpecError([
    {
      code: 'recipe-timeout',
      message,
      hint: 'look for an endless loop, or allow more time with --compile-timeout',
      ...given({ position }),
    },
  ])
}

function entryOf(
  cluster: Cluster,
  { recipe, host }: { readonly recipe: string; readonly host: string },
): Position | undefined {
  return cluster.hosts.find(({ name }) => name === host)?.runList.find((use) => use.recipe === recipe)
    ?.position
}

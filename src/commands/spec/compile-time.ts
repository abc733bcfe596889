import { TimeLimitError, withTimeLimit } from '../../load/recipes/time-limit.ts'
import type { Cluster } from '../../model/cluster.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { LoadedRecipe } from '../../model/recipe.ts'

type Recipes = Readonly<Record<string, LoadedRecipe>>

interface Running {
  readonly recipe: string
  readonly host: string
}

interface CompileTime {
  readonly cluster: Cluster
  readonly recipes: Recipes
  readonly limitMs: number
}

/** Runs `work` with recipes that it must use; at the time limit it names the recipe and host that were compiled. */
export function withinCompileTime<T>(
  { cluster, recipes, limitMs }: CompileTime,
  work: (watched: Recipes) => T,
): T {
  let running: Running | undefined
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

function tookTooLong(cluster: Cluster, running: Running | undefined, limitMs: number): SpecError {
  const within = `did not finish within ${limitMs / 1000} s`
  const message = running
    ? `recipe ${running.recipe}: it ${within}, on host ${running.host}`
    : `compiling ${within}`
  const host = cluster.hosts.find(({ name }) => name === running?.host)
  const position = host?.runList.find(({ recipe }) => recipe === running?.recipe)?.position
  const hint = 'look for an endless loop, or allow more time with --compile-timeout'
  return new SpecError([{ code: 'recipe-timeout', message, hint, ...given({ position }) }])
}

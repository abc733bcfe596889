import { hintOf } from '../load/files/read-within.ts'
import { thrownAt } from '../load/recipes/thrown-at.ts'
import type { Host, RecipeUse } from '../model/cluster.ts'
import type { Problem } from '../model/diagnostic.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import { definitionOf, type LoadedRecipe, recipeWords } from '../model/recipe.ts'
import type { Composite, Resource } from '../model/resource.ts'
import { partsOf } from './composites.ts'
import type { Declared } from './declared.ts'
import type { ContextSource } from './recipe-context.ts'

/** The resources that one recipe declares for one host. An error is reported where the recipe threw it. */
export function runRecipe(
  host: Host,
  use: RecipeUse,
  loaded: LoadedRecipe,
  contexts: ContextSource,
  report: (problem: Problem) => void,
): readonly Declared[] {
  const declaredBy = recipeWords(loaded)
  try {
    const context = contexts.contextOf(host, loaded, use)
    const resources: unknown = loaded.recipe.resources({
      ...context,
      attributes: context.attributes as never,
    })
    if (!isResourceList(resources)) {
      report({
        code: 'recipe-failed',
        message: `${declaredBy} did not return a list of resources`,
        hint: 'return the results of file(...), unit(...) and the like in a list; a recipe cannot be async',
        position: use.position,
      })
      return []
    }
    const definition = definitionOf(loaded)
    const { position } = use
    return resources.flatMap((resource) =>
      partsOf({ resource, declaredBy, definition, from: use, position }, host),
    )
  } catch (error) {
    if (error instanceof InternalError) throw error
    for (const problem of explain(error, declaredBy, use)) report(problem)
    return []
  }
}

function isResourceList(value: unknown): value is readonly (Resource | Composite)[] {
  return Array.isArray(value) && value.every(isResource)
}

function isResource(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'id' in value && ('steps' in value || 'parts' in value)
  )
}

function explain(error: unknown, declaredBy: string, use: RecipeUse): readonly Problem[] {
  const position = thrownAt(error) ?? use.position
  if (error instanceof SpecError) {
    return error.problems.map((problem) => ({
      ...problem,
      message: `${declaredBy}: ${problem.message}${problem.line === undefined ? '' : `, in line ${problem.line.number}`}`,
      position: problem.position ?? position,
    }))
  }
  const message = error instanceof Error ? error.message : String(error)
  return [{ code: 'recipe-failed', message: `${declaredBy}: ${message}`, hint: hintOf(error), position }]
}

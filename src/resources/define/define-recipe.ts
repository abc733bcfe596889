import type { Static, TObject } from 'typebox'
import type { Recipe, RecipeContext } from '../../model/recipe.ts'
import type { Resource } from '../../model/resource.ts'

export interface RecipeDefinition<Attributes extends TObject> {
  readonly name: string
  /** What can be set below the recipe's name in `attributes`; a `default` is the weakest layer. */
  readonly attributes: Attributes
  /** Recipes that must be in the same run list. */
  readonly needs?: readonly string[]
  /** What should be true of one host; pure, and given declared values only. */
  resources(ctx: RecipeContext<Static<Attributes>>): readonly Resource[]
}

/** Makes a recipe whose `ctx.attributes` has the type of its schema. */
export function defineRecipe<Attributes extends TObject>(definition: RecipeDefinition<Attributes>): Recipe {
  return Object.freeze({
    name: definition.name,
    attributes: Object.fromEntries(Object.entries(definition.attributes)),
    needs: definition.needs ?? [],
    resources: (ctx: RecipeContext<never>) => definition.resources(ctx),
  })
}

import { builtinRecipes } from '../../../recipes/index.ts'
import { loadBuiltin } from '../../load/recipes/read-asset.ts'
import type { LoadedRecipe } from '../../model/recipe.ts'

/** The built-in recipes with their files, each in the folder of its name. */
export const builtins: Readonly<Record<string, LoadedRecipe>> = Object.fromEntries(
  Object.entries(builtinRecipes).map(([name, recipe]) => [name, loadBuiltin(recipe, name)]),
)

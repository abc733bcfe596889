import type { Recipe } from 'converge'
import etcd from './etcd/recipe.ts'

/** The recipes that come with converge, by name. */
export const builtinRecipes: Readonly<Record<string, Recipe>> = { etcd }

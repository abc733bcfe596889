import { dirname, join, resolve } from 'node:path'
import type { LoadedRecipe, Recipe } from '../../model/recipe.ts'
import { readWithin } from '../files/read-within.ts'
import type { Problems } from '../problems.ts'
import type { ClusterSpec } from '../schema/cluster-schema.ts'
import type { Document } from '../yaml/document.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'
import { thrownAt } from './thrown-at.ts'

export interface LoadRecipesInput {
  readonly spec: ClusterSpec
  readonly document: Document
  readonly builtins: Readonly<Record<string, LoadedRecipe>>
  readonly problems: Problems
  /** Gives the module to import for the path of a recipe. Throws an Error if it may not run. */
  placeOf(path: string): Promise<string>
  /** Imports a module by its absolute path and gives its exports. */
  importRecipe(path: string): Promise<unknown>
}

/** The built-in recipes and those of the spec's `recipes:`, which override built-in ones of the same name. */
export async function loadRecipes(input: LoadRecipesInput): Promise<Readonly<Record<string, LoadedRecipe>>> {
  const { spec, document, builtins, problems, placeOf, importRecipe } = input
  const recipes: Record<string, LoadedRecipe> = Object.assign(Object.create(null), builtins)
  for (const [name, file] of Object.entries(spec.recipes ?? {})) {
    if (file === INVALID_VALUE) continue
    const written = resolve(dirname(document.fileOf(['recipes', name])), file)
    const problem = (message: string, hint?: string) =>
      problems.error({
        code: 'invalid-recipe',
        path: ['recipes', name],
        message,
        hint,
        position: document.locate(['recipes', name], 'value'),
      })
    try {
      const path = await placeOf(written)
      const recipe = defaultExport(await importRecipe(path))
      if (!isRecipe(recipe)) {
        problem(`${file} does not export a recipe`, 'export default defineRecipe({ ... })')
      } else if (recipe.name !== name) {
        problem(`${file} defines the recipe ${recipe.name}, not ${name}`, 'use the same name in both')
      } else {
        recipes[name] = {
          recipe,
          read: (wanted) => readWithin(dirname(path), wanted),
          pathOf: (wanted) => join(dirname(path), wanted),
        }
      }
    } catch (error) {
      // A recipe is the user's code: its error is reported at its entry in the spec, with the place of the throw.
      const at = thrownAt(error)
      problem(
        `${file} cannot be loaded: ${error instanceof Error ? withoutRequireStack(error.message) : String(error)}`,
        at?.file.startsWith(dirname(written)) === true ? `it was thrown at ${at.file}:${at.line}` : undefined,
      )
    }
  }
  return Object.freeze(recipes)
}

/** Removes the list of converge's own files from Node's message about a missing module. */
function withoutRequireStack(message: string): string {
  return message.replace(/\nRequire stack:[\s\S]*$/, '')
}

function defaultExport(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
}

function isRecipe(value: unknown): value is Recipe {
  if (typeof value !== 'object' || value === null) return false
  const has = (key: string, type: string) => key in value && typeof Reflect.get(value, key) === type
  const needs: unknown = 'needs' in value ? value.needs : undefined
  return (
    has('name', 'string') &&
    has('attributes', 'object') &&
    has('resources', 'function') &&
    Array.isArray(needs) &&
    needs.every((need) => typeof need === 'string')
  )
}

import { dirname, join, resolve } from 'node:path'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { LoadedRecipe, Recipe } from '../../model/recipe.ts'
import { readWithin } from '../files/read-within.ts'
import type { Problems } from '../problems.ts'
import type { ClusterSpec } from '../schema/cluster-schema.ts'
import type { Document } from '../yaml/document.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'
import { resolvePackage } from './import-recipe.ts'
import { loadInstances } from './load-instances.ts'
import { findPackage, isPackageName } from './recipe-package.ts'
import { thrownAt } from './thrown-at.ts'

export interface LoadRecipesInput {
  readonly spec: ClusterSpec
  readonly document: Document
  readonly builtins: Readonly<Record<string, LoadedRecipe>>
  readonly problems: Problems
  /** The folder below which packages may be. */
  readonly root: string
  /** Gives the module to import for the path of a recipe. Throws an Error if it may not run. */
  placeOf(path: string): Promise<string>
  /** Imports a module by its absolute path and gives its exports. */
  importRecipe(path: string): Promise<unknown>
}

/**
 * The built-in recipes and those of the spec's `recipes:`, which override built-in ones of the same name; then the
 * instances of both.
 */
export async function loadRecipes(input: LoadRecipesInput): Promise<Readonly<Record<string, LoadedRecipe>>> {
  const { spec, document, builtins, problems, root, placeOf, importRecipe } = input
  const recipes: Record<string, LoadedRecipe> = Object.assign(Object.create(null), builtins)
  for (const [name, written] of Object.entries(spec.recipes ?? {})) {
    if (written === INVALID_VALUE || typeof written === 'object') continue
    const folder = resolve(dirname(document.fileOf(['recipes', name])))
    const problem = (message: string, hint?: string) =>
      problems.error({
        code: 'invalid-recipe',
        path: ['recipes', name],
        message,
        hint,
        position: document.locate(['recipes', name], 'value'),
      })
    try {
      const from = isPackageName(written) ? await findPackage(written, folder, root) : undefined
      const path = await placeOf(
        from === undefined ? resolve(folder, written) : await resolvePackage(written, folder),
      )
      const module = await importRecipe(path)
      const found = recipesIn(from === undefined ? defaultExport(module) : module)
      const recipe = found.find((one) => one.name === name)
      const [other] = found
      if (recipe !== undefined) {
        recipes[name] = {
          recipe,
          ...given({ package: from && { name: from.name, version: from.version } }),
          read: (wanted) => readWithin(dirname(path), wanted),
          pathOf: (wanted) => join(dirname(path), wanted),
        }
      } else if (other === undefined) {
        problem(`${written} does not export a recipe`, 'export default defineRecipe({ ... })')
      } else {
        const names = found.map((one) => one.name).join(', ')
        problem(
          `${written} defines the recipe${found.length === 1 ? '' : 's'} ${names}, not ${name}`,
          'use the same name in both',
        )
      }
    } catch (error) {
      if (error instanceof SpecError) throw error
      // A recipe is the user's code: its error is reported at its entry in the spec, with the place of the throw.
      const at = thrownAt(error)
      problem(
        `${written} cannot be loaded: ${error instanceof Error ? withoutRequireStack(error.message) : String(error)}`,
        at?.file.startsWith(folder) === true ? `it was thrown at ${at.file}:${at.line}` : undefined,
      )
    }
  }
  loadInstances(recipes, input)
  return Object.freeze(recipes)
}

/** Removes the list of converge's own files from Node's message about a missing module. */
function withoutRequireStack(message: string): string {
  return message.replace(/\nRequire stack:[\s\S]*$/, '')
}

function defaultExport(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? [module.default] : undefined
}

/** The recipes among what a module exports; a package may have several. */
export function recipesIn(exported: unknown): readonly Recipe[] {
  const values = typeof exported === 'object' && exported !== null ? Object.values(exported) : []
  return [...new Set(values.flat())].filter(isRecipe)
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
    needs.every((need) => typeof need === 'object' && need !== null && 'recipe' in need)
  )
}

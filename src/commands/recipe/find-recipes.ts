import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'

/** A folder with a recipe's module. */
export interface RecipeFolder {
  /** That of the folder. */
  readonly name: string
  /** Relative to the current folder. */
  readonly folder: string
  readonly module: string
}

/**
 * The recipe of this name, or in this folder; otherwise all in `recipes/` and in the current folder, which may be that of
 * a package. Throws a SpecError if there is none.
 */
export function findRecipes(wanted?: string): readonly RecipeFolder[] {
  const [at] = wanted !== undefined && existsSync(wanted) ? recipeIn(wanted) : []
  if (at !== undefined) return [at]
  const all = ['.', ...foldersIn('.'), ...foldersIn('recipes')].flatMap(recipeIn)
  const found = wanted === undefined ? all : all.filter(({ name }) => name === wanted)
  if (found.length > 0) return found
  const hint = '`converge recipe new NAME` writes one'
  if (wanted === undefined || all.length === 0)
    throw usageError(`there is no recipe in ${resolve('recipes')}, and none in the current folder`, hint)
  const names = all.map(({ name }) => name)
  throw usageError(`there is no recipe ${wanted} here`, nearestHint(wanted, names, hint))
}

/** The cases of a recipe: the folders in `test/` that have a spec. */
export function casesOf({ folder }: RecipeFolder): readonly string[] {
  return foldersIn(join(folder, 'test'))
    .filter((path) => existsSync(join(path, 'cluster.yaml')))
    .map((path) => basename(path))
}

function recipeIn(folder: string): readonly RecipeFolder[] {
  const module = readdirSync(folder).find((name) => /^recipes?\.(?:ts|mts|js|mjs)$/.test(name))
  const path = relative('.', folder) || '.'
  return module === undefined
    ? []
    : [{ name: basename(resolve(folder)), folder: path, module: join(path, module) }]
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort()
}

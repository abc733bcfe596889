import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InternalError } from '../../model/errors.ts'
import type { LoadedRecipe, Recipe } from '../../model/recipe.ts'
import { readWithin } from '../files/read-within.ts'

/** Reads a file that is packaged with converge, by its path within the package: `src/shell/library/core.sh`. */
export function readAsset(path: string): string {
  return readWithin(packageRoot(), path)
}

/** A built-in recipe with its files below `recipes/<folder>/`. */
export function loadBuiltin(recipe: Recipe, folder: string): LoadedRecipe {
  const root = join(packageRoot(), 'recipes', folder)
  return { recipe, read: (path) => readWithin(root, path), pathOf: (path) => join(root, path) }
}

let knownRoot: string | undefined

/** The nearest folder above this file with converge's package.json, from sources and when bundled. */
export function packageRoot(): string {
  if (knownRoot !== undefined) return knownRoot
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (isPackageRoot(folder)) {
      knownRoot = folder
      return folder
    }
    if (folder === dirname(folder))
      throw new InternalError(`the package converge-hosts was not found above ${start}`)
  }
}

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return false
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return (
    typeof manifest === 'object' &&
    manifest !== null &&
    'name' in manifest &&
    manifest.name === 'converge-hosts'
  )
}

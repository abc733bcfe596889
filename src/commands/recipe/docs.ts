import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as dsl from '../../dsl.ts'
import { createImportRecipe } from '../../load/recipes/import-recipe.ts'
import { recipesIn } from '../../load/recipes/load-recipes.ts'
import type { Recipe } from '../../model/recipe.ts'
import { recipeSection } from '../../report/recipes/recipe-section.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { writeWhole } from '../io/write-whole.ts'
import { findRecipes, type RecipeFolder } from './find-recipes.ts'

export interface RecipeDocsOptions {
  /** Write nothing, and fail if a file is out of date. */
  readonly check?: boolean
}

/** `converge recipe docs [NAME]`: writes what schemas say between the marks of the README.md of recipes. */
export async function documentRecipes(
  wanted: string | undefined,
  { check = false }: RecipeDocsOptions,
  io: Io,
): Promise<ExitCode> {
  let isCurrent = true
  for (const recipe of findRecipes(wanted)) {
    const file = join(recipe.folder, 'README.md')
    const recipes = await recipesOf(recipe)
    const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
    const after = recipes.reduce((text, one) => withSection(text, one, file), before ?? newText(recipes))
    if (before === after) {
      io.stdout.write(`${file} is up to date\n`)
      continue
    }
    isCurrent = false
    if (!check) await writeWhole(file, after, 0o666)
    io.stdout.write(check ? `${file} is out of date: run \`converge recipe docs\`\n` : `wrote ${file}\n`)
  }
  return check && !isCurrent ? 1 : 0
}

async function recipesOf({ module }: RecipeFolder): Promise<readonly Recipe[]> {
  const found = recipesIn(await imported(module))
  if (found.length === 0)
    throw usageError(`${module} does not export a recipe`, 'export default defineRecipe({ ... })')
  return found
}

async function imported(module: string): Promise<unknown> {
  try {
    return await createImportRecipe(dsl)(resolve(module))
  } catch (error) {
    throw usageError(`${module} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function newText(recipes: readonly Recipe[]): string {
  return recipes.map(({ name }) => `# ${name}\n\n## Attributes\n\n${marks(name).join('\n')}\n`).join('\n')
}

function withSection(text: string, recipe: Recipe, file: string): string {
  const [start, end] = marks(recipe.name)
  const [before = '', ...rest] = text.split(start)
  const [, ...after] = rest.join(start).split(end)
  if (rest.length !== 1 || after.length !== 1)
    throw usageError(
      `${file} does not have ${start} and ${end} once each`,
      'put both where the attributes belong',
    )
  return `${before}${start}\n\n${recipeSection(recipe)}\n${end}${after[0]}`
}

function marks(name: string): readonly [string, string] {
  return [`<!-- recipe ${name} -->`, `<!-- /recipe ${name} -->`]
}

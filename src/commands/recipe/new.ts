import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { writeWhole } from '../io/write-whole.ts'
import { recipeFiles } from '../starter/recipe-files.ts'
import { documentRecipes } from './docs.ts'
import { findRecipes } from './find-recipes.ts'
import { testAll } from './test.ts'

/** `converge recipe new NAME`: writes a recipe with its tests to `recipes/NAME`, which must not exist. */
export async function newRecipe(name: string, io: Io): Promise<ExitCode> {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    throw usageError(
      `"${name}" is not a name for a recipe`,
      'at most 31 of a-z, 0-9 and -, beginning with a letter, such as my-app',
    )
  const folder = join('recipes', name)
  if (existsSync(folder)) throw usageError(`${folder} exists`, 'choose another name; nothing was written')
  try {
    for (const [path, content] of Object.entries(recipeFiles(name))) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeWhole(join(folder, path), content, 0o666)
    }
    await documentRecipes(folder, {}, { ...io, stdout: { ...io.stdout, write: () => undefined } })
    await io.stoppable((stop) => testAll(findRecipes(folder), { update: true }, stop))
  } catch (error) {
    // A half-written recipe would be in the way of the next attempt.
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  io.stdout.write(
    `wrote ${folder}: a recipe, its README.md and two tests

To use it, name it in cluster.yaml, which was not changed:
  recipes:
    ${name}: ./${folder}/recipe.ts
Next: converge recipe test ${name}
`,
  )
  return 0
}

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recipeCache } from '../../../src/commands/spec/recipe-cache.ts'
import { createImportRecipe } from '../../../src/load/recipes/import-recipe.ts'

const before = process.env.XDG_CACHE_HOME
let home: string

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'cache-'))
  process.env.XDG_CACHE_HOME = join(home, 'a/cache')
})
test.after.each(() => {
  rmSync(home, { recursive: true })
  if (before === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = before
})

test('is made, and used again', async () => {
  const folder = join(home, 'a/cache/converge/recipes')
  assert.is(await recipeCache(), folder)
  assert.is(await recipeCache(), folder)
})

const open: Readonly<Record<string, () => void>> = {
  'others can write to it': () => chmodSync(join(home, 'a/cache/converge/recipes'), 0o777),
  'others can add to it, though they can remove nothing': () =>
    chmodSync(join(home, 'a/cache/converge/recipes'), 0o1777),
  'its group can replace a folder above it': () => chmodSync(join(home, 'a'), 0o775),
  'it lies where a link of ours leads, and others can write there': () => {
    mkdirSync(join(home, 'elsewhere'))
    chmodSync(join(home, 'elsewhere'), 0o777)
    rmSync(join(home, 'a/cache'), { recursive: true })
    symlinkSync(join(home, 'elsewhere'), join(home, 'a/cache'))
  },
  'it cannot be made': () => {
    rmSync(join(home, 'a'), { recursive: true })
    writeFileSync(join(home, 'a'), '')
  },
}

for (const [problem, make] of Object.entries(open)) {
  test(`is not used if ${problem}`, async () => {
    await recipeCache()
    make()
    assert.is(await recipeCache(), undefined)
  })
}

if (process.getuid?.() === 0) {
  test('is not used if it is somebody else’s', async () => {
    chownSync((await recipeCache()) ?? '', 61_001, 61_001)
    assert.is(await recipeCache(), undefined)
  })
}

test('a recipe is compiled into the cache that is given, and without one into no folder at all', async () => {
  const recipe = join(home, 'recipe.ts')
  writeFileSync(recipe, 'export default 1 as number\n')
  const shared = join(tmpdir(), 'jiti')
  rmSync(shared, { recursive: true, force: true })
  await createImportRecipe({})(recipe)
  assert.not(existsSync(shared))
  const cache = (await recipeCache()) ?? ''
  await createImportRecipe({}, { cache })(recipe)
  assert.not(existsSync(shared))
  assert.ok(existsSync(cache))
})

test.run()

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fillDefaults, recipeDefaults } from '../../../src/load/layers/recipe-defaults.ts'
import { createImportRecipe } from '../../../src/load/recipes/import-recipe.ts'
import { loadBuiltin, readAsset } from '../../../src/load/recipes/read-asset.ts'
import type { JsonSchema } from '../../../src/model/schema.ts'
import { toValue } from '../../../src/model/value.ts'
import { builtins, loadText, mistakes, plain } from '../load-text.ts'

const importRecipe = createImportRecipe({ defineRecipe: (recipe: object) => ({ needs: [], ...recipe }) })

const hello = `import { defineRecipe } from 'converge'
const name: string = 'hello'
export default defineRecipe({
  name,
  attributes: { type: 'object', properties: { greeting: { type: 'string', default: 'hi' } } },
  resources: () => [],
})
`

const spec = (recipe: string) => `cluster: c
recipes: { hello: ${recipe} }
hosts: { a: { recipes: [hello] } }
`

test('a recipe in TypeScript gets the running copy as converge', async () => {
  const { cluster, recipes } = await loadText(spec('./hello.ts'), {
    files: { 'hello.ts': hello },
    importRecipe,
  })
  assert.equal(plain(cluster.hosts[0]?.attributes), { hello: { greeting: 'hi' } })
  assert.is(recipes.hello?.recipe.name, 'hello')
  assert.is(recipes.etcd, builtins.etcd)
})

test('a module that is not a recipe is reported at its entry', async () => {
  const lines = async (content: string) =>
    mistakes(spec('./hello.ts'), { files: { 'hello.ts': content }, importRecipe })
  assert.equal(await lines('export default 5\n'), [
    '2:19+10 invalid-recipe ./hello.ts does not export a recipe (export default defineRecipe({ ... }))',
  ])
  assert.equal(await lines(hello.replace(`= 'hello'`, `= 'other'`)), [
    '2:19+10 invalid-recipe ./hello.ts defines the recipe other, not hello (use the same name in both)',
  ])
  const [thrown = ''] = await lines('\nthrow new Error("broken on purpose")\n')
  assert.match(
    thrown,
    /^2:19\+10 invalid-recipe \.\/hello\.ts cannot be loaded: broken on purpose \(it was thrown at \/.*\/hello\.ts:2\)$/,
  )
})

test('a module that is missing is named without the files of converge that asked for it', async () => {
  assert.equal(
    await mistakes(spec('./hello.ts'), { importRecipe }).then((lines) => lines.map(withoutFolder)),
    ["2:19+10 invalid-recipe ./hello.ts cannot be loaded: Cannot find module '/hello.ts'"],
  )
})

function withoutFolder(line: string): string {
  return line.replace(/'\/.*\//, "'/")
}

test('an attribute schema that is none is reported where the recipe is used', async () => {
  const content = hello.replace(`type: 'string'`, `type: 'text'`)
  const [line] = await mistakes(spec('./hello.ts'), { files: { 'hello.ts': content }, importRecipe })
  assert.match(
    line ?? '',
    /^3:25\+5 invalid-recipe the attribute schema of the recipe hello is not valid: schema is invalid/,
  )
})

test('a recipe reads files of its own folder only, symbolic links included', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'converge-recipe-'))
  try {
    mkdirSync(join(folder, 'hello', 'files'), { recursive: true })
    writeFileSync(join(folder, 'secret'), 'secret')
    writeFileSync(join(folder, 'hello', 'recipe.ts'), hello)
    writeFileSync(join(folder, 'hello', 'files', 'motd'), 'welcome\n')
    symlinkSync(join(folder, 'secret'), join(folder, 'hello', 'files', 'link'))
    const { recipes } = await loadText(spec(join(folder, 'hello', 'recipe.ts')), { importRecipe })
    const read = (path: string) => recipes.hello?.read(path)
    const home = join(folder, 'hello')
    assert.is(read('files/motd'), 'welcome\n')
    for (const path of ['../secret', 'files/../../secret', '/etc/hostname', 'files/link']) {
      assert.throws(
        () => read(path),
        (error: Error) => error.message === `${path} leads out of the folder ${home}`,
        path,
      )
    }
    assert.throws(
      () => read('files/none'),
      (error: Error) => error.message === `${home}/files/none does not exist`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('assets are found from the root of the package', () => {
  assert.match(readAsset('package.json'), /"name": "converge-hosts"/)
  assert.throws(() => readAsset('../outside'), /leads out of the folder/)
  const recipe = { name: 'x', attributes: {}, needs: [], resources: () => [] }
  assert.throws(() => loadBuiltin(recipe, 'etcd').read('../../package.json'), /leads out of the folder/)
})

const schema: JsonSchema = {
  type: 'object',
  properties: {
    port: { type: 'integer', default: 80 },
    log: { type: 'object', properties: { level: { type: 'string', default: 'info' } } },
    tls: {
      type: 'object',
      properties: { cert: { type: 'string' }, ca: { type: 'string', default: 'ca' } },
      required: ['cert'],
    },
    limits: { type: 'object', default: { files: 10 }, properties: { cpu: { type: 'integer', default: 1 } } },
    units: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { enabled: { type: 'boolean', default: true } } },
    },
    people: {
      type: 'object',
      patternProperties: {
        '^.*$': { type: 'object', properties: { admin: { type: 'boolean', default: false } } },
      },
    },
    users: {
      type: 'array',
      items: { type: 'object', properties: { shell: { type: 'string', default: '/bin/sh' } } },
    },
  },
}

test('defaults stand in their place; an optional object that they do not make whole stays away', () => {
  assert.equal(plain(recipeDefaults(schema)), {
    port: 80,
    log: { level: 'info' },
    limits: { cpu: 1, files: 10 },
  })
})

test('filling adds defaults within what was given, and nothing that was removed', () => {
  const fill = (data: object) => plain(fillDefaults(schema, toValue(data) ?? null))
  assert.equal(fill({ tls: { cert: 'x' } }), { tls: { cert: 'x', ca: 'ca' } })
  assert.equal(fill({ units: { a: {}, b: { enabled: false } } }), {
    units: { a: { enabled: true }, b: { enabled: false } },
  })
  assert.equal(fill({ people: { bob: {}, al: { admin: true } } }), {
    people: { bob: { admin: false }, al: { admin: true } },
  })
  assert.equal(fill({ users: [{}, { shell: '/bin/zsh' }] }), {
    users: [{ shell: '/bin/sh' }, { shell: '/bin/zsh' }],
  })
  assert.equal(fill({ log: {} }), { log: {} })
  const whole = toValue({ port: 1, tls: { cert: 'x', ca: 'y' } }) ?? null
  assert.is(fillDefaults(schema, whole), whole)
})

test.run()

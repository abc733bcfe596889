import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as dsl from '../../../src/dsl.ts'
import { createImportRecipe } from '../../../src/load/recipes/import-recipe.ts'
import { asLine, loadText, mistakes, originsOf, plain } from '../load-text.ts'

const importRecipe = createImportRecipe(dsl, { limitMs: 5000 })

const cache = `import { defineRecipe, Type } from 'converge'
export default defineRecipe({
  name: 'cache',
  attributes: (instance) => {
    if (instance === 'cache-x') throw new Error('no x')
    return Type.Object({ folder: Type.String({ default: '/var/lib/' + instance }), port: Type.Integer({ default: 1 }) })
  },
  resources: () => [],
})
`
const options = { files: { 'cache.ts': cache }, importRecipe }

const spec = (recipes: string, rest = '') => `cluster: c
recipes: { cache: ./cache.ts, ${recipes} }
${rest}hosts: { a: { recipes: [cache, cache-2] } }
`

test('an instance has the defaults of its recipe by its own name, and attributes of its own', async () => {
  const { cluster, recipes } = await loadText(
    spec('cache-2: { instanceOf: cache }', 'attributes: { cache-2: { port: 2 } }\n'),
    options,
  )
  const [host] = cluster.hosts
  assert.equal(plain(host?.attributes), {
    cache: { folder: '/var/lib/cache', port: 1 },
    'cache-2': { folder: '/var/lib/cache-2', port: 2 },
  })
  assert.is(host && originsOf(host)('attributes.cache-2.folder')?.layer, 'recipe cache-2 (default)')
  assert.equal([recipes['cache-2']?.recipe.name, recipes['cache-2']?.instanceOf], ['cache-2', 'cache'])
})

test('the attributes of an instance are checked by the schema of its recipe', async () => {
  const text = spec('cache-2: { instanceOf: cache }', 'attributes: { cache-2: { prot: 2 } }\n')
  assert.equal(await mistakes(text, options), ['3:26+4 unknown-key unknown key prot (did you mean port?)'])
  const near = spec('cache-2: { instanceOf: cache }', 'attributes: { cahce-2: { port: 2 } }\n')
  assert.equal(await mistakes(near, options), [
    '3:15+7 unknown-recipe there is no recipe cahce-2 that takes these attributes (did you mean cache-2?)',
  ])
})

test('what a recipe throws for the name of an instance is told where that is', async () => {
  const [line = ''] = await mistakes(
    spec('cache-x: { instanceOf: cache }, cache-2: { instanceOf: cache }'),
    options,
  )
  assert.match(
    line,
    /^2:31\+7 invalid-recipe cache has no instance cache-x: no x \(it was thrown at .*cache\.ts:5\)$/,
  )
})

test('--set knows an instance by its name', async () => {
  const set = ['cache-2.port=7']
  const { cluster } = await loadText(spec('cache-2: { instanceOf: cache }'), { ...options, set })
  assert.equal(plain(cluster.hosts[0]?.attributes['cache-2']), { folder: '/var/lib/cache-2', port: 7 })
})

test('clusters may share a file with instances and attributes of which they run only some', async () => {
  const shared =
    'recipes: { cache: ./cache.ts, cache-2: { instanceOf: cache }, cache-3: { instanceOf: cache } }\n'
  const files = { ...options.files, 'shared.yaml': `${shared}attributes: { cache: { port: 3 } }\n` }
  const text = 'cluster: c\ninclude: [shared.yaml]\nhosts: { a: { recipes: [cache-2] } }\n'
  assert.equal((await loadText(text, { ...options, files })).warnings, [])
  const own = `cluster: c\n${files['shared.yaml']}hosts: { a: { recipes: [cache-2] } }\n`
  assert.equal((await loadText(own, options)).warnings.map(asLine), [
    '2:63+7 unused-instance no host and no role runs the instance cache-3 (add it to recipes: of a host or a role, or remove it)',
    '3:15+5 unused-attributes these attributes have no effect: hosts run cache-2, and none runs cache (set them below cache-2)',
  ])
})

test('attributes that an expression refers to have an effect, whoever runs the recipe', async () => {
  const text = `cluster: c
recipes: { cache: ./cache.ts, cache-2: { instanceOf: cache } }
attributes: { cache: { port: 3 }, cache-2: { port: "{{attributes.cache.port}}" } }
hosts: { a: { recipes: [cache-2] } }
`
  const { warnings, cluster } = await loadText(text, options)
  assert.equal(warnings, [])
  assert.equal(plain(cluster.hosts[0]?.attributes['cache-2']), { folder: '/var/lib/cache-2', port: 3 })
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { defineRecipe, Type } from '../../../src/dsl.ts'
import type { LoadedRecipe, Recipe } from '../../../src/model/recipe.ts'
import type { Value } from '../../../src/model/value.ts'
import { loadText, mistakes, plain } from '../load-text.ts'

const tls = Type.Optional(
  Type.Union([
    Type.String(),
    Type.Record(Type.String(), Type.Union([Type.Integer(), Type.Array(Type.Integer())])),
  ]),
)
const nginx = defineRecipe({
  name: 'nginx',
  attributes: Type.Object({ port: Type.Integer({ default: 80 }), tls }),
  resources: () => [],
})

/** A recipe that passes this on to nginx. */
const passing = (name: string, attributes: { readonly [key: string]: Value }): Recipe =>
  defineRecipe({
    name,
    attributes: Type.Object({ port: Type.Integer({ default: 8080 }) }),
    needs: [{ recipe: 'nginx', attributes }],
    resources: () => [],
  })

const blog = defineRecipe({
  name: 'blog',
  attributes: Type.Object({ port: Type.Integer({ default: 8080 }) }),
  needs: (instance) => [{ recipe: 'nginx', attributes: { port: `{{attributes.${instance}.port}}` } }],
  resources: () => [],
})

function builtins(...recipes: readonly Recipe[]): Record<string, LoadedRecipe> {
  const loaded = [nginx, ...recipes].map((recipe) => [recipe.name, { recipe, read: () => '' }] as const)
  return Object.fromEntries(loaded)
}

const spec = (recipes: string, rest = '') => `cluster: c\n${rest}hosts: { a: { recipes: [${recipes}] } }\n`

async function loaded(text: string, ...recipes: readonly Recipe[]) {
  const { cluster } = await loadText(text, { builtins: builtins(...recipes) })
  const [host] = cluster.hosts
  const settings = host?.trace().settings(['attributes', 'nginx', 'port']) ?? []
  return {
    attributes: plain(host?.attributes),
    settings: settings.map(({ layer, value, effect, position }) => [layer, value, effect, position?.line]),
  }
}

test('is stronger than the defaults of the needed recipe, and weaker than the spec', async () => {
  const { attributes, settings } = await loaded(spec('nginx, blog'), blog)
  assert.equal(attributes, { nginx: { port: 8080 }, blog: { port: 8080 } })
  assert.equal(settings, [
    ['recipe nginx (default)', 80, 'overridden', undefined],
    ['recipe blog, needs nginx', '{{attributes.blog.port}}', 'sets', 2],
  ])
  const rest = 'attributes: { nginx: { port: 1 } }\n'
  assert.equal((await loaded(spec('nginx, blog', rest), blog)).attributes, {
    nginx: { port: 1 },
    blog: { port: 8080 },
  })
})

test('passes on what the spec says of the attributes of the one that passes it on', async () => {
  const rest = 'attributes: { blog: { port: 9 } }\n'
  assert.equal((await loaded(spec('nginx, blog', rest), blog)).attributes, {
    nginx: { port: 9 },
    blog: { port: 9 },
  })
})

test('the name of the needed recipe means it, or else its only instance', async () => {
  const rest = 'recipes: { front: { instanceOf: nginx }, diary: { instanceOf: blog } }\n'
  assert.equal((await loaded(spec('front, diary', rest), blog)).attributes, {
    front: { port: 8080 },
    diary: { port: 8080 },
  })
  const both = await loaded(spec('front, nginx, diary', rest), blog)
  assert.equal(both.attributes, { front: { port: 80 }, nginx: { port: 8080 }, diary: { port: 8080 } })
  assert.is(both.settings[1]?.[0], 'recipe diary, needs nginx')
})

for (const [name, one, other] of [
  ['the same values', { port: 1, tls: { a: [1] } }, { port: 1, tls: { a: [1] } }],
  ['maps with other keys', { tls: { a: 1 } }, { tls: { b: 1 } }],
  ['nothing', {}, { port: 1 }],
] as const) {
  test(`two recipes may pass on ${name}`, async () => {
    const recipes = builtins(passing('one', one), passing('other', other))
    assert.equal(await mistakes(spec('nginx, one, other'), { builtins: recipes }), [])
  })
}

for (const [one, other, path, values] of [
  [{ port: 1 }, { port: 2 }, 'port', '1 and 2'],
  [{ tls: { a: [1] } }, { tls: { a: [1, 2] } }, 'tls.a', '[1] and [1,2]'],
  [{ tls: 'x' }, { tls: { a: 1 } }, 'tls.a', '"x" and 1'],
  [{ tls: { a: 1 } }, { tls: 'x' }, 'tls', '{"a":1} and "x"'],
] as const) {
  test(`two recipes that pass on different values are a mistake: ${values}`, async () => {
    const recipes = builtins(passing('one', one), passing('other', other))
    const name = `attributes.nginx.${path}`
    assert.equal(await mistakes(spec('nginx, one, other'), { builtins: recipes }), [
      `2:37+5 conflicting-needs recipe one and recipe other pass on different values for ${name}: ${values} (set ${name} in the spec, which decides)`,
    ])
    const decided = `attributes: { nginx: { port: 5, tls: null } }\n`
    assert.equal(await mistakes(spec('nginx, one, other', decided), { builtins: recipes }), [])
  })
}

test('a host or --set decides for itself', async () => {
  const recipes = builtins(passing('one', { port: 1 }), passing('other', { port: 2 }))
  const text = `cluster: c
hosts:
  a: { recipes: [nginx, one, other], attributes: { nginx: { port: 3 } } }
  b: { recipes: [nginx, one, other] }
  c: { recipes: [nginx, other] }
`
  const [line = '', more] = await mistakes(text, { builtins: recipes })
  assert.match(line, /^4:30\+5 conflicting-needs /)
  assert.is(more, undefined)
  assert.equal(await mistakes(text, { builtins: recipes, set: ['nginx.port=4'] }), [])
})

test.run()

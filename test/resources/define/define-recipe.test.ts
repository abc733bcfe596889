import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { defineRecipe } from '../../../src/resources/define/define-recipe.ts'

const whole = { name: 'web', attributes: Type.Object({}), resources: () => [] }

test('takes a definition of a name, attributes and resources', () => {
  const { name, attributes, needs } = defineRecipe(whole)
  assert.equal({ name, type: attributes.type, needs }, { name: 'web', type: 'object', needs: [] })
})

for (const [key, value, example] of [
  ['name', undefined, "name: 'web'"],
  ['name', 5, "name: 'web'"],
  ['attributes', undefined, 'attributes: Type.Object({})'],
  ['attributes', null, 'attributes: Type.Object({})'],
  ['resources', undefined, 'resources: () => []'],
  ['resources', [], 'resources: () => []'],
] as const) {
  test(`says what is missing: ${key} is ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => Reflect.apply(defineRecipe, undefined, [{ ...whole, [key]: value }]),
      (error: Error) =>
        error.message === `a recipe needs ${key} in defineRecipe({ ... }), such as ${example}`,
    )
  })
}

test.run()

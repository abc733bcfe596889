import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinRecipes } from '../../../recipes/index.ts'
import { resourceKinds } from '../../../src/resources/index.ts'

// Neither is checked at run time.
const schemas = [
  ...Object.values(resourceKinds).map(({ kind, schema }) => [`the kind ${kind}`, schema] as const),
  ...Object.values(builtinRecipes).map(({ name, attributes }) => [`the recipe ${name}`, attributes] as const),
]

for (const [owner, schema] of schemas) {
  test(`the schema of ${owner} is one`, () => {
    const ajv = new Ajv2020({ strict: false })
    assert.ok(ajv.validateSchema({ ...schema }), ajv.errorsText())
  })
}

test.run()

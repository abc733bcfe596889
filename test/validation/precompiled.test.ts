import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkCode, withSource } from '../../build-checks.mjs'
import { builtinRecipes } from '../../recipes/index.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { ajvOptions } from '../../src/validation/ajv-options.ts'
import { boundedPattern } from '../../src/validation/bounded-pattern.ts'
import { closeSchema } from '../../src/validation/json-schema.ts'

const require = createRequire(import.meta.url)
const ajv = new Ajv2020(ajvOptions)
const compiler = new Ajv2020(withSource(ajvOptions))
const schemas = [
  ...Object.entries(resourceKinds).map(([kind, { schema }]) => [kind, closeSchema(schema)] as const),
  ...Object.entries(builtinRecipes).map(
    ([name, { attributes }]) => [`recipe ${name}`, closeSchema({ ...attributes, type: 'object' })] as const,
  ),
]

for (const [name, schema] of schemas)
  test(`the check of ${name} that a build compiles says what ajv says`, async () => {
    const module: { exports?: (pattern: typeof boundedPattern) => ValidateFunction } = {}
    runInThisContext(`(module, require) => {${await checkCode(compiler, schema)}}`)(module, require)
    const precompiled = module.exports?.(boundedPattern) ?? compiler.compile(false)
    const compiled = ajv.compile(schema)
    const keys = Object.keys(Object(schema.properties))
    const wrong = [1, true, null, '', 'a\nb', [], ['x', 'x'], {}, { unknown: 1 }]
    const values = [...wrong, ...wrong.map((value) => Object.fromEntries(keys.map((key) => [key, value])))]
    for (const value of values) {
      assert.is(precompiled(value), compiled(value))
      assert.equal(precompiled.errors, compiled.errors)
    }
  })

test.run()

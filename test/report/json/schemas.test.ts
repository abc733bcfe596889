import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { documentSchemas, schemaText } from '../../../src/report/json/index.ts'
import { planDocument } from '../../../src/report/json/plan.ts'
import { outputSchemas, readSchema, schemaErrors } from '../assert-valid.ts'
import { plan } from '../sample-plan.ts'

for (const [name, schema] of Object.entries(documentSchemas)) {
  test(`schemas/${name}.schema.json is what its source says`, () => {
    const file = new URL(`../../../schemas/${name}.schema.json`, import.meta.url)
    assert.is(readFileSync(file, 'utf8'), schemaText(name, schema), 'write it again: npm run schemas')
  })
}

test('every schema is one of these', () => {
  assert.equal(Object.keys(documentSchemas).toSorted(), outputSchemas.toSorted())
})

test('a schema refuses what it does not describe', () => {
  assert.is(
    schemaErrors('plan', { ...planDocument(plan([]), 'plan'), more: 1 }),
    'data must NOT have additional properties',
  )
})

test('every property of every schema is described', () => {
  for (const name of outputSchemas) assert.equal(undescribed(readSchema(name), name), [])
})

/** Paths of properties without a description, references aside. */
function undescribed(schema: unknown, at: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    const own =
      key === 'properties' && typeof value === 'object' && value !== null
        ? Object.entries(value).filter(
            ([, property]) => !('description' in property) && !('$ref' in property),
          )
        : []
    return [...own.map(([property]) => `${at}.${property}`), ...undescribed(value, `${at}.${key}`)]
  })
}

test.run()

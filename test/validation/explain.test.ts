import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinRecipes } from '../../recipes/index.ts'
import { clusterSchema } from '../../src/load/schema/cluster-schema.ts'
import type { Mistake } from '../../src/model/diagnostic.ts'
import { SpecError } from '../../src/model/errors.ts'
import { Relations } from '../../src/model/relations.ts'
import { targetKinds } from '../../src/model/targets/index.ts'
import { toValue, type ValueMap } from '../../src/model/value.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { sentenceOf } from '../../src/validation/explain.ts'
import { isSchema } from '../../src/validation/json-schema.ts'
import { createValidator } from '../../src/validation/validator.ts'
import { diagnosticsOf } from '../load/load-text.ts'

interface Case {
  readonly kind: string
  readonly input: ValueMap
  readonly mistakes: readonly (Mistake & {
    /** The map within the input that has the mistake: a spec shows its line, a recipe has none. */
    readonly at?: string
    /** What is said instead of a plain scalar that YAML itself misreads. */
    readonly inYaml?: Mistake
  })[]
}

const root = new URL('../../fixtures/mistakes/', import.meta.url)

test('too little and too much are told in numbers', () => {
  const schema = {
    type: 'object',
    properties: {
      password: { type: 'string', minLength: 8 },
      names: { type: 'array', maxItems: 1 },
      text: { type: 'string', maxLength: 2 },
    },
  }
  const found = createValidator(
    schema,
    'it',
  )(toValue({ password: 'short', names: [1, 2], text: 'abc' }) ?? null)
  assert.equal(found.ok ? [] : found.mistakes.map(({ message }) => message), [
    'password is too short: at least 8 characters',
    'names is too long: at most 1 element',
    'text is too long: at most 2 characters',
  ])
})

for (const name of readdirSync(root).sort()) {
  const { kind, input, mistakes }: Case = JSON.parse(readFileSync(new URL(name, root), 'utf8'))
  const what = name.replace('.json', '').replaceAll('-', ' ')

  test(`is explained in a recipe: ${what}`, () => {
    const expected = mistakes.map(({ at, message, hint }) => {
      const place = at === undefined ? kind : `${kind}: ${at}`
      return asLine({ message: `${place}: ${message}`, ...(hint !== undefined && { hint }) })
    })
    assert.equal(saidByKind(kind, input), expected.sort())
  })

  test(`is explained in a spec, in the same words: ${what}`, async () => {
    const hosts = { a: { transport: 'memory', resources: [{ [kind]: input }] } }
    const said = await diagnosticsOf(JSON.stringify({ cluster: 'c', hosts }), { kinds: resourceKinds })
    assert.equal(
      said.map(asLine).sort(),
      mistakes.map(({ inYaml, ...same }) => asLine(inYaml ?? same)).sort(),
    )
  })
}

function saidByKind(kind: string, input: ValueMap): readonly string[] {
  try {
    resourceKinds[kind]?.create(input)
  } catch (error) {
    if (error instanceof SpecError) return error.diagnostics.map(asLine).sort()
    throw error
  }
  return []
}

function asLine({ message, hint }: Mistake): string {
  return hint === undefined ? message : `${message} (${hint})`
}

test('a description that starts with a capital is only a hint', () => {
  const said = (description: string) => {
    const result = createValidator({ type: 'string', pattern: '^a', description }, 'x')('b')
    return result.ok ? [] : result.mistakes.map(asLine)
  }
  assert.equal(said('Begins with a.'), ['x must match ^a, not "b" (Begins with a.)'])
  assert.equal(said('text that begins with a; more of it'), ['x must be text that begins with a, not "b"'])
})

const own: readonly (readonly [string, object])[] = [
  ['a spec', clusterSchema({ recipes: {}, kinds: resourceKinds })],
  ['relations', Relations],
  ...Object.entries(targetKinds).map(([name, { schema }]) => [`the target ${name}`, schema] as const),
  ...Object.values(builtinRecipes).map(({ name, attributes }) => [`the recipe ${name}`, attributes] as const),
]

for (const [name, schema] of own) {
  test(`every pattern has a description that completes "must be ...": ${name}`, () => {
    assert.equal(bareSchemas(schema, '', undefined), [])
  })
}

/** Paths to schemas with a pattern that neither they nor the union around them describe. */
function bareSchemas(schema: unknown, path: string, around: string | undefined): readonly string[] {
  if (typeof schema !== 'object' || schema === null || path.endsWith('/$defs/expression')) return []
  const sentence = sentenceOf(schema) ?? around
  const isBare = isSchema(schema) && typeof schema.pattern === 'string' && sentence === undefined
  const below = Object.entries(schema).flatMap(([key, value]) => {
    const isBranch = path.endsWith('/anyOf') || key === 'anyOf'
    return bareSchemas(value, `${path}/${key}`, isBranch ? sentence : undefined)
  })
  return isBare ? [path, ...below] : below
}

test.run()

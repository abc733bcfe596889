import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as assert from 'uvu/assert'

const folder = new URL('../../schemas/', import.meta.url)

/** The documents of the --json output, by the name of their schema. */
export const documentNames = [
  'plan',
  'report',
  'diagnostics',
  'history',
  'drift',
  'diff',
  'status',
  'exec',
  'explain',
  'recipe-test',
  'etcd-snapshot',

  'secrets',
  'secret',
] as const

/** All schemas of what converge prints or seals. */
export const outputSchemas = ['change', 'events', 'sealed-plan', ...documentNames] as const

export function readSchema(name: (typeof outputSchemas)[number]): { readonly [key: string]: unknown } {
  return JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), 'utf8'))
}

const ajv = new Ajv2020({ allErrors: true })
for (const name of outputSchemas) ajv.addSchema(readSchema(name))

/** What is wrong with a document, by the schema of that name; empty when nothing is. */
export function schemaErrors(name: (typeof outputSchemas)[number], document: unknown): string {
  return ajv.validate(`${name}.schema.json`, document) ? '' : ajv.errorsText(ajv.errors, { separator: '\n' })
}

/** Asserts that a document, as JSON carries it, is valid. */
export function assertValid(name: (typeof outputSchemas)[number], document: unknown): void {
  assert.is(schemaErrors(name, JSON.parse(JSON.stringify(document))), '')
}

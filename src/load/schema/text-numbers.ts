import { isList, isMap, type Value } from '../../model/value.ts'
import { isSchema, schemaBelow } from '../../validation/json-schema.ts'

/** Paths of the numbers of a value that its schema does not want as numbers: what they are used for is text. */
export function textNumbers(value: Value, schema: unknown): readonly (readonly string[])[] {
  if (typeof value === 'number') return takesText(schema) ? [[]] : []
  if (!isMap(value) && !isList(value)) return []
  return Object.entries(value).flatMap(([key, element]) =>
    textNumbers(element, schemaBelow(schema, key)).map((path) => [key, ...path]),
  )
}

function takesText(schema: unknown): boolean {
  if (!isSchema(schema)) return true
  const { type, anyOf } = schema
  if (Array.isArray(anyOf)) return anyOf.some(takesText)
  return type === undefined || type === 'string' || (Array.isArray(type) && type.includes('string'))
}

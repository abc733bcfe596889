import { isMap, type Value } from '../../model/value.ts'
import { isSchema, schemaBelow } from '../../validation/json-schema.ts'

/** A map without the nulls that had nothing to remove, except where its schema takes null, or anything. */
export function withoutNulls(value: Value, schema: unknown): Value {
  if (!isMap(value)) return value
  const kept = Object.entries(value).flatMap(([key, element]): [string, Value][] => {
    const below = schemaBelow(schema, key)
    if (element === null) return takesNull(below) ? [[key, element]] : []
    return [[key, withoutNulls(element, below)]]
  })
  const isSame =
    kept.length === Object.keys(value).length && kept.every(([key, element]) => value[key] === element)
  return isSame ? value : Object.freeze(Object.assign(Object.create(null), Object.fromEntries(kept)))
}

function takesNull(schema: unknown): boolean {
  if (!isSchema(schema)) return schema !== false
  const { type, anyOf } = schema
  if (Array.isArray(anyOf)) return anyOf.some(takesNull)
  if ('const' in schema || 'enum' in schema) return false
  return type === undefined || type === 'null' || (Array.isArray(type) && type.includes('null'))
}

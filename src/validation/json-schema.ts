import type { JsonSchema } from '../model/schema.ts'

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Changes the schema of each property. */
export function mapProperties(properties: JsonSchema, change: (schema: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, change(schema)]))
}

/** The schema of an entry of a map or list; in a union that of the first branch that has one; `undefined` if there is none. */
export function schemaBelow(schema: unknown, key: string): unknown {
  if (!isSchema(schema)) return schema === false ? false : undefined
  const { properties, patternProperties, additionalProperties, items, anyOf } = schema
  if (isSchema(properties) && Object.hasOwn(properties, key)) return properties[key]
  if (isSchema(patternProperties)) return Object.values(patternProperties)[0]
  if (additionalProperties !== undefined) return additionalProperties
  if (items !== undefined) return items
  if (!Array.isArray(anyOf)) return undefined
  return anyOf.map((branch) => schemaBelow(branch, key)).find((below) => below !== undefined)
}

/** The schema with every object that lists its properties closed, except where schemas are combined. */
export function closeSchema(schema: JsonSchema): JsonSchema {
  const closed = Object.entries(schema).map(([key, value]) => {
    if (maps.has(key) && isSchema(value)) return [key, mapProperties(value, closeAny)]
    if (lists.has(key) && Array.isArray(value)) return [key, value.map(closeAny)]
    return [key, nested.has(key) ? closeAny(value) : value]
  })
  const isClosable = isSchema(schema.properties) && !open.some((key) => key in schema)
  return { ...Object.fromEntries(closed), ...(isClosable && { additionalProperties: false }) }
}

const open = [
  ...['additionalProperties', 'unevaluatedProperties', 'patternProperties'],
  ...['allOf', '$ref', 'anyOf', 'oneOf'],
]
const maps = new Set(['properties', 'patternProperties', '$defs'])
const lists = new Set(['anyOf', 'oneOf', 'prefixItems'])
const nested = new Set(['items', 'additionalProperties'])

function closeAny(schema: unknown): unknown {
  return isSchema(schema) ? closeSchema(schema) : schema
}

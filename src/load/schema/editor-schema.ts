import type { JsonSchema } from '../../model/recipe.ts'

/** What may stand in place of any value: an expression, or null. Root schemas carry it as `$defs/expression`. */
export const expressionSchema: JsonSchema = {
  description: 'An expression such as "{{host.name}}", or null, which removes the value from weaker layers.',
  type: ['string', 'null'],
  pattern: '\\{\\{',
}

/**
 * A schema for editing one layer: nothing is required, because other layers may have it, objects are closed, and each
 * value may also be an expression or null.
 */
export function editorSchema(schema: JsonSchema): JsonSchema {
  const { required: _, properties, items, additionalProperties, ...rest } = closeSchema(schema)
  return {
    ...rest,
    ...(isSchema(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, orExpression(value)]),
          ),
        }
      : {}),
    ...(items === undefined ? {} : { items: orExpression(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: orExpression(additionalProperties) }),
  }
}

function orExpression(schema: unknown): unknown {
  if (!isSchema(schema)) return schema
  const { description, default: fallback, ...rest } = schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [editorSchema(rest), { $ref: '#/$defs/expression' }],
  }
}

/** The schema with every object that lists its properties closed, except where schemas are combined. */
export function closeSchema(schema: JsonSchema): JsonSchema {
  const closed = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (maps.has(key) && isSchema(value)) {
        return [
          key,
          Object.fromEntries(Object.entries(value).map(([name, below]) => [name, closeAny(below)])),
        ]
      }
      if (lists.has(key) && Array.isArray(value)) return [key, value.map(closeAny)]
      return [key, nested.has(key) ? closeAny(value) : value]
    }),
  )
  const open = [
    'additionalProperties',
    'unevaluatedProperties',
    'patternProperties',
    'allOf',
    '$ref',
    'anyOf',
    'oneOf',
  ]
  const closable = isSchema(schema.properties) && !open.some((key) => key in schema)
  return closable ? { ...closed, additionalProperties: false } : closed
}

const maps = new Set(['properties', 'patternProperties', '$defs'])
const lists = new Set(['anyOf', 'oneOf', 'prefixItems'])
const nested = new Set(['items', 'additionalProperties'])

function closeAny(schema: unknown): unknown {
  return isSchema(schema) ? closeSchema(schema) : schema
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

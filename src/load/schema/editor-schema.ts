import type { JsonSchema } from '../../model/schema.ts'
import { closeSchema, isSchema } from '../../validation/json-schema.ts'

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

import { given } from '../../model/given.ts'
import type { JsonSchema } from '../../model/schema.ts'
import { closeSchema, isSchema, mapProperties } from '../../validation/json-schema.ts'

/** What may replace any value: an expression, or null. Root schemas have it as `$defs/expression`. */
export const expressionSchema: JsonSchema = {
  description: 'An expression such as "{{host.name}}", or null, which removes the value from weaker layers.',
  type: ['string', 'null'],
  pattern: '\\{\\{',
}

/** A schema for editing one layer: nothing is required, objects are closed, any value may be an expression or null. */
export function editorSchema(schema: JsonSchema): JsonSchema {
  const { required: _, properties, items, additionalProperties, ...rest } = closeSchema(schema)
  return {
    ...rest,
    ...given({
      properties: isSchema(properties) ? mapProperties(properties, orExpressionIn) : undefined,
      items: orExpressionIn(items),
      additionalProperties: orExpressionIn(additionalProperties),
    }),
  }
}

function orExpressionIn(schema: unknown): unknown {
  return isSchema(schema) ? orExpression(schema) : schema
}

/** A schema for editing a value of a layer, which may also be an expression or null. */
export function orExpression(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...rest } = schema
  return {
    ...given({ description: withDefault(description, fallback), default: fallback }),
    anyOf: [editorSchema(rest), { $ref: '#/$defs/expression' }],
  }
}

/** Editors show the description of a key, but not its default. */
function withDefault(description: unknown, fallback: unknown): unknown {
  if (typeof description !== 'string' || fallback === undefined) return description
  return `${description}; default: ${JSON.stringify(fallback)}`
}

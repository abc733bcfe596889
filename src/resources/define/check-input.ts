import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { nearest } from '../../formats/nearest.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import type { JsonSchema } from '../../model/recipe.ts'

// A test checks the schemas of all kinds; to do it at each start, and to optimise their code, would take longer than all
// that is validated with them.
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  verbose: true,
  allowUnionTypes: true,
  validateSchema: false,
  code: { optimize: false },
})

/**
 * Makes the check of what a kind is given. Recipes are loaded without being type-checked, so a misspelt property or a
 * number for a mode is caught here. The check throws a SpecError with every mistake. It compiles on first use.
 */
export function checkInput<Input>(kind: string, schema: object): (input: object) => Input {
  let validate: ValidateFunction<Input> | undefined
  return (input: object) => {
    validate ??= ajv.compile<Input>(plainSchema(schema))
    const data: unknown = input
    if (validate(data)) return data
    throw new SpecError((validate.errors ?? []).filter(isPrimary).map((error) => explain(kind, error)))
  }
}

/** A schema as plain JSON Schema: without what TypeBox keeps beside it for the compiler. */
export function plainSchema(schema: object): JsonSchema {
  return Object.fromEntries(Object.entries(schema))
}

/** The branches of a union only repeat what its own error says. */
function isPrimary(error: ErrorObject): boolean {
  return !error.schemaPath.includes('/anyOf/')
}

function explain(kind: string, error: ErrorObject): Diagnostic {
  const where = error.instancePath.slice(1).replaceAll('/', '.')
  const at = where === '' ? kind : `${kind}: ${where}`
  const problem = { severity: 'error', code: 'invalid-resource', path: where } as const
  switch (error.keyword) {
    case 'additionalProperties': {
      const name: string = error.params.additionalProperty
      const known = Object.keys(error.parentSchema?.properties ?? {})
      const meant = nearest(name, known)
      const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
      return { ...problem, code: 'unknown-key', message: `${at}: unknown property ${name}`, hint }
    }
    case 'required':
      return {
        ...problem,
        message: `${at}: ${error.params.missingProperty} is missing`,
        hint: `set ${error.params.missingProperty}`,
      }
    default: {
      const expected = error.parentSchema?.description
      const given = JSON.stringify(error.data).slice(0, 80)
      return expected === undefined
        ? { ...problem, message: `${at} ${error.message ?? 'is invalid'}, not ${given}` }
        : { ...problem, message: `${at} must be ${expected}, not ${given}` }
    }
  }
}

import type { ValidateFunction } from 'ajv'

/** The check of a schema, given as JSON, if it is compiled already: `build.mjs` puts those of converge's own schemas in here. */
export function precompiledCheck(_schema: string): ValidateFunction | undefined {
  return undefined
}

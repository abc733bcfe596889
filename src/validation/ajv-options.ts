import type { Options } from 'ajv'
import { boundedPattern } from './bounded-pattern.ts'

/**
 * How schemas are compiled, at the build or later. Schemas are not added, so equal $ids do not conflict. Checking the
 * schemas and optimizing their code would take longer than all validation.
 */
export const ajvOptions: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  validateFormats: false,
  validateSchema: false,
  addUsedSchema: false,
  code: { optimize: false, regExp: Object.assign(boundedPattern, { code: 'boundedPattern' }) },
}

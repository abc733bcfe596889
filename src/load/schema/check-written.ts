import type { Path } from '../../model/path.ts'
import type { Value } from '../../model/value.ts'
import type { Validator } from '../../validation/validator.ts'
import type { Resolution } from '../resolution.ts'
import { valueAt } from '../yaml/document.ts'

/**
 * Checks the evaluated value of what stands in the document at a path; reports mistakes there. Undefined, too, for what
 * could not be evaluated, which has been reported.
 */
export function checkWritten<T>(
  value: Value | undefined,
  path: Path,
  validate: Validator<T>,
  { document, problems }: Pick<Resolution, 'document' | 'problems'>,
): T | undefined {
  if (value === undefined) return undefined
  const result = validate(value, (below) => document.source([...path, ...below]))
  if (result.ok) return result.value
  for (const mistake of result.mistakes) {
    const { missing, part } = mistake
    const where = [...path, ...mistake.path]
    // What was written, but is not in the evaluated value, has a wrong expression, which has been reported.
    if (missing !== undefined && valueAt(document.data, [...where, missing]) !== undefined) continue
    const position = document.locate(where, part) ?? document.locate(path, 'key')
    problems.error({ ...mistake, path: where, position })
  }
  return undefined
}

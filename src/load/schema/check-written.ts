import type { Path } from '../../model/path.ts'
import type { Value } from '../../model/value.ts'
import type { Validator } from '../../validation/validator.ts'
import type { Resolution } from '../resolution.ts'
import { valueAt } from '../yaml/document.ts'

/** Checks the evaluated value at a path of the document; reports mistakes there. Undefined if it is wrong. */
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
    // Written, but not in the evaluated value: its wrong expression was already reported.
    if (missing !== undefined && valueAt(document.data, [...where, missing]) !== undefined) continue
    const position = document.locate(where, part) ?? document.locate(path, 'key')
    problems.error({ ...mistake, path: where, position })
  }
  return undefined
}

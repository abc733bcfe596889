import type { Path } from '../../model/path.ts'
import { isMap, type Value } from '../../model/value.ts'
import type { Validator } from '../../validation/validator.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import type { Resolution } from '../resolution.ts'
import { valueAt } from '../yaml/document.ts'

/** Checks the evaluated value at a path of the document; reports mistakes there. Undefined if it is wrong. */
export function checkWritten<T>(
  value: Value | undefined,
  path: Path,
  validate: Validator<T>,
  { document, problems }: Pick<Resolution, 'document' | 'problems'>,
  evaluator: Evaluator,
): T | undefined {
  if (value === undefined) return undefined
  const result = validate(value, (below) => document.source([...path, ...below]))
  if (result.ok) return result.value
  const isSensitive = isMap(value) && value.sensitive === true
  for (const mistake of result.mistakes) {
    const { missing, part } = mistake
    const where = [...path, ...mistake.path]
    // Written, but not in the evaluated value: its wrong expression was already reported.
    if (missing !== undefined && valueAt(document.data, [...where, missing]) !== undefined) continue
    const position = document.locate(where, part) ?? document.locate(path, 'key')
    const text = isSensitive ? '' : textAbove(document.data, where, path.length)
    const message = mistake.message + evaluator.inPlay(text)
    problems.error({ ...mistake, message, path: where, position })
  }
  return undefined
}

/** The text at a path, or the one of whose value the path is a part. */
function textAbove(data: Value, path: Path, least: number): string {
  for (let length = path.length; length >= least; length--) {
    const value = valueAt(data, path.slice(0, length))
    if (value !== undefined) return typeof value === 'string' ? value : ''
  }
  return ''
}

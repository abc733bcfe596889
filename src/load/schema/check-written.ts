import type { Path } from '../../model/path.ts'
import { isMap, type Value } from '../../model/value.ts'
import { ofMissingOnly } from '../../validation/explain.ts'
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
  for (const found of result.mistakes) {
    // Written, but not in the evaluated value: its wrong expression was already reported.
    const isWritten = (below: Path) => valueAt(document.data, [...path, ...below]) !== undefined
    const mistake = ofMissingOnly(found, isWritten)
    if (mistake === undefined) continue
    const where = [...path, ...mistake.path]
    const position = document.locate(where, mistake.part) ?? document.locate(path, 'key')
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

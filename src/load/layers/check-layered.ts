import type { Mistake, Position, Problem } from '../../model/diagnostic.ts'
import { perObject } from '../../model/memo.ts'
import { formatPath, type Path } from '../../model/path.ts'
import type { JsonSchema } from '../../model/schema.ts'
import { isMap, NO_VALUES, type Value, type ValueMap } from '../../model/value.ts'
import { ofMissingOnly, type SchemaMistake } from '../../validation/explain.ts'
import { closeSchema } from '../../validation/json-schema.ts'
import { createValidator, type Validator } from '../../validation/validator.ts'
import { respeltMistake } from '../../validation/value-mistake.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import type { Problems } from '../problems.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { textNumbers } from '../schema/text-numbers.ts'
import { childOf, type Part, valueAt } from '../yaml/document.ts'
import { type Layer, layerOf } from './layers.ts'

/** The place in the spec of a value of a host's merged tree: in the strongest layer that has it. */
export interface LayeredPlace {
  readonly path: Path
  readonly position: Position | undefined
}

export function locateLayered(entry: HostEntry, path: Path, part: Part): LayeredPlace {
  const layer = layerOf(entry.stack, path)
  return { path: [...(layer?.prefix ?? []), ...path], position: layer?.locate(path, part) }
}

export interface LayeredCheck<T> {
  readonly entry: HostEntry
  /** Path of the value in the merged tree. */
  readonly path: Path
  readonly value: Value
  readonly validate: Validator<T>
  readonly schema: JsonSchema
  readonly problems: Problems
  readonly evaluator: Evaluator
  /** The position of a mistake whose value is in no layer. */
  readonly fallback: Position | undefined
  /** The mistake for keys that no layer has. */
  missing(paths: readonly string[], entry: HostEntry): Mistake
}

/** Checks an evaluated part of a host's merged tree; reports mistakes at their place in a layer. */
export function checkLayered<T>(check: LayeredCheck<T>): T | undefined {
  const { entry, path, value, validate, problems } = check
  const result = validate(value, (below) =>
    layerOf(entry.stack, [...path, ...below])?.source([...path, ...below]),
  )
  if (result.ok) return hasRespelt(check) ? undefined : result.value
  for (const found of result.mistakes) {
    // In a layer, but not in the evaluated value: its wrong expression was already reported.
    const isSet = (below: Path) => valueAt(entry.stack.value, [...path, ...below]) !== undefined
    const mistake = ofMissingOnly(found, isSet)
    if (mistake !== undefined) problems.error(layeredProblem(check, mistake))
  }
  return undefined
}

/** Reports numbers where the schema does not ask for one: what makes text of them would lose their spelling. */
function hasRespelt<T>({ entry, path, value, schema, problems }: LayeredCheck<T>): boolean {
  const found = textNumbers(value, schema).flatMap((below) => {
    const at = [...path, ...below]
    const number = valueAt(value, below)
    const spelling = layerOf(entry.stack, at)?.source(at)
    if (typeof number !== 'number' || spelling === undefined || spelling === String(number)) return []
    return [{ at, mistake: respeltMistake(String(at.at(-1)), number, spelling) }]
  })
  for (const { at, mistake } of found) {
    problems.error({ code: 'respelt-number', ...mistake, ...locateLayered(entry, at, 'value') })
  }
  return found.length > 0
}

function layeredProblem<T>(check: LayeredCheck<T>, mistake: SchemaMistake): Problem {
  const { code, part, hint } = mistake
  const path = [...check.path, ...mistake.path]
  const written = valueAt(check.entry.stack.value, path)
  const layer = layerOf(check.entry.stack, path)
  const inPlay = typeof written === 'string' ? check.evaluator.inPlay(written) : ''
  const message = mistake.message + inPlay + passedOnWords(layer)
  const place = locateLayered(check.entry, path, part)
  const position = place.position ?? check.fallback
  if (mistake.missing !== undefined) {
    const missing = mistake.missing.map(({ key }) => formatPath([...path, key]))
    return { code, path: place.path, ...check.missing(missing, check.entry), position }
  }
  if (layer?.name !== '--set') return { code, path: place.path, message, hint, position }
  const assigned = formatPath(path.slice(1))
  const text = layer.source(path)
  const quoted =
    mistake.code === 'wrong-type' && hint !== undefined && text !== undefined && hint.endsWith(`"${text}"`)
  return {
    code,
    path,
    message: `--set ${assigned}: ${message}`,
    hint: quoted ? `keep the quotes from your shell: --set '${assigned}="${text}"'` : hint,
  }
}

/** Who is to blame for a value that no file has. */
export function passedOnWords(layer: Layer | undefined): string {
  return layer?.passedOnBy === undefined ? '' : `, passed on by ${layer.passedOnBy}`
}

/** Evaluates and checks a section such as `platform`: hosts without expressions in it share the result. */
export function createSectionChecker<T>(
  { problems }: Resolution,
  section: string,
  schema: object,
): (entry: HostEntry, evaluator: Evaluator) => T | undefined {
  const closed = closeSchema({ ...schema })
  const validate = createValidator<T>(closed, section)
  const check = perObject((value: ValueMap, entry: HostEntry, evaluator: Evaluator) =>
    checkLayered({
      evaluator,
      entry,
      path: [section],
      value,
      validate,
      schema: closed,
      problems,
      fallback: undefined,
      missing: (paths) => ({
        message: `${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'} missing`,
        hint: 'leave it out for its default',
      }),
    }),
  )
  return (entry, evaluator) => {
    const value = evaluator.evaluate(childOf(entry.stack.value, section) ?? NO_VALUES, [section])
    return isMap(value) ? check(value, entry, evaluator) : undefined
  }
}

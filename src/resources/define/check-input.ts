import { SpecError } from '../../model/errors.ts'
import { Relations } from '../../model/relations.ts'
import type { JsonSchema } from '../../model/schema.ts'
import { containerOf } from '../../validation/explain.ts'
import { closeSchema } from '../../validation/json-schema.ts'
import { createValidator, type Validator } from '../../validation/validator.ts'

/** The input of a kind: its own properties, and relations. */
export interface Input<Own> {
  readonly own: Own
  readonly relations: Relations
}

/** The check of a kind's input, for recipes too: they are loaded without type checks. It compiles on first use. */
export function checkInput<Own extends object>(
  kind: string,
  schema: JsonSchema,
): (input: object) => Input<Own> {
  let validate: Validator<Own & Relations> | undefined
  return (input) => {
    validate ??= createValidator(closeSchema(schema), kind)
    const result = validate(Object.values(input).includes(undefined) ? withoutUndefined(input) : input)
    if (result.ok) {
      const text = halfCharacter(result.value)
      if (text === undefined) return splitRelations<Own>(result.value)
      const message = `${kind}: ${JSON.stringify(text)} contains half a surrogate pair`
      throw new SpecError([{ code: 'invalid-resource', message, hint: 'remove it' }])
    }
    throw new SpecError(
      result.mistakes.map((mistake) => {
        const { code, message, hint } = mistake
        const container = containerOf(mistake)
        const place = container === '' ? kind : `${kind}: ${container}`
        return { code, message: `${place}: ${message}`, hint }
      }),
    )
  }
}

/** A text that no bytes stand for: as UTF-8 it would silently become another one. */
function halfCharacter(value: unknown): string | undefined {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const inner of Object.values(value)) {
    const found = halfCharacter(inner)
    if (found !== undefined) return found
  }
  return undefined
}

function withoutUndefined(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

function splitRelations<Own extends object>(input: Own & Relations): Input<Own> {
  // A fast path: most resources have no relations, and a cluster may have a million resources.
  if (!Object.keys(input).some(isRelation)) return { own: input, relations: NO_RELATIONS }
  return { own: only(input, (name) => !isRelation(name)), relations: only(input, isRelation) }
}

const NO_RELATIONS: Relations = Object.freeze({})

function isRelation(name: string): boolean {
  return Object.hasOwn(Relations.properties, name)
}

function only<T extends object>(input: T, isWanted: (name: string) => boolean): T {
  const copy = { ...input }
  for (const name of Object.keys(copy)) if (!isWanted(name)) Reflect.deleteProperty(copy, name)
  return copy
}

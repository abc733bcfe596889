import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Mistake, Problem } from '../model/diagnostic.ts'
import { given } from '../model/given.ts'
import { formatPath, parsePointer } from '../model/path.ts'
import type { SpecCode } from '../model/spec-codes.ts'
import { foreignCharacter } from './foreign-character.ts'
import { isSchema } from './json-schema.ts'
import { nearest, nearestHint } from './nearest.ts'
import { branchWords, choiceMistake, otherThan, shown, typeMistake } from './value-mistake.ts'
import { keyElsewhere } from './words-elsewhere.ts'

/** One violation of a schema. `path` is its place: the value there, or with part `key` the key. */
export interface SchemaMistake extends Problem {
  readonly path: readonly string[]
  readonly part: 'key' | 'value'
  /** The missing keys at `path`. */
  readonly missing?: readonly MissingKey[]
  /** The known key that an unknown one probably is. */
  readonly meant?: string
}

export interface MissingKey {
  readonly key: string
  /** What its value must be. */
  readonly wanted: string | undefined
}

/** The value that violates the schema. */
export interface Found {
  /** The name of the whole validated value in messages. */
  readonly name: string
  /** The wrong value as written in YAML, if it is a plain scalar. */
  readonly source: string | undefined
}

/**
 * Explains an error of ajv (verbose): `mode must be four octal digits, not "9"`. `must be` is completed by the schema's
 * description, up to its first semicolon, if it starts with a lower-case letter; else by the violated rule.
 */
export function explainError(error: ErrorObject, { name, source }: Found): SchemaMistake {
  const path = parsePointer(error.instancePath)
  const subject = nameOf(path, name)
  const value: unknown = error.data
  const wrong = (code: SpecCode, { message, hint }: Mistake): SchemaMistake => ({
    code,
    path,
    part: 'value',
    message: `${subject} ${message}`,
    hint,
  })
  const expected = sentenceOf(error.parentSchema)
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty)
      const known = Object.keys(propertiesOf(error.parentSchema))
      // Without a list of keys the schema has a pattern.
      if (known.length === 0 && expected !== undefined)
        return strangers(error, path, `${subject} must be ${expected}`)
      const elsewhere = keyElsewhere(key, known)
      const hint = elsewhere?.hint ?? nearestHint(key, known, 'no keys are allowed here')
      return {
        code: 'unknown-key',
        path: [...path, key],
        part: 'key',
        message: `unknown key ${key}`,
        hint: [hint, foreignHint(key)].filter(Boolean).join(' '),
        ...given({ meant: elsewhere === undefined ? nearest(key, known) : elsewhere.meant }),
      }
    }
    case 'required': {
      const key = String(error.params.missingProperty)
      return missingMistake(path, [{ key, wanted: sentenceOf(propertiesOf(error.parentSchema)[key]) }])
    }
    case 'type':
      return wrong('wrong-type', typeMistake(error, { expected, source, key: path.at(-1) ?? name }))
    case 'enum':
    case 'const':
      return wrong('not-allowed', choiceMistake(error, source))
    case 'anyOf':
    case 'oneOf':
      return wrong('wrong-type', otherThan(expected ?? branchWords(error), value))
    case 'uniqueItems':
      return wrong('invalid-value', { message: 'must not have the same element twice' })
    case 'maxLength':
      return wrong('invalid-value', brokenRule(error, value))
    case 'maxProperties':
      if (error.params.limit === 1) return wrong('invalid-value', severalKeys(value))
  }
  if (expected !== undefined) {
    return wrong('invalid-value', { ...otherThan(expected, value), hint: patternHint(error) })
  }
  return wrong('invalid-value', brokenRule(error, value))
}

/** All keys that are missing at a place. */
export function missingMistake(path: readonly string[], missing: readonly MissingKey[]): SchemaMistake {
  const verb = missing.length === 1 ? 'is' : 'are'
  const wanted = missing.flatMap((one) => (one.wanted === undefined ? [] : [`${one.key} to ${one.wanted}`]))
  return {
    code: 'missing-key',
    path,
    part: 'key',
    message: `${missing.map(({ key }) => key).join(' and ')} ${verb} missing`,
    missing,
    hint: wanted.length === 0 ? undefined : `set ${wanted.join(', and ')}`,
  }
}

/** A mistake without the missing keys that are there after all; undefined if that leaves nothing of it. */
export function ofMissingOnly(
  mistake: SchemaMistake,
  isThere: (path: readonly string[]) => boolean,
): SchemaMistake | undefined {
  const { path, missing } = mistake
  if (missing === undefined) return mistake
  const rest = missing.filter(({ key }) => !isThere([...path, key]))
  return rest.length === 0 ? undefined : missingMistake(path, rest)
}

/** All keys of a map that do not match its pattern, at the first one. */
function strangers(
  { data, parentSchema }: ErrorObject,
  path: readonly string[],
  hint: string,
): SchemaMistake {
  const patterns = Object.keys(
    isSchema(parentSchema?.patternProperties) ? parentSchema.patternProperties : {},
  )
  const keys = Object.keys(isSchema(data) ? data : {}).filter(
    (key) => !patterns.some((pattern) => new RegExp(pattern, 'u').test(key)),
  )
  const message = `unknown key${keys.length === 1 ? '' : 's'} ${keys.join(', ')}`
  return { code: 'unknown-key', path: [...path, keys[0] ?? ''], part: 'key', message, hint }
}

/** A list item that should be one key with a map below it. */
function severalKeys(value: unknown): Mistake {
  const message = 'must have only one key'
  if (!isSchema(value)) return { message }
  const [first, ...others] = Object.keys(value)
  const named = ['kind', 'type', 'resource'].find((key) => typeof value[key] === 'string')
  if (named !== undefined) {
    const rest = Object.keys(value).filter((key) => key !== named)
    return { message, hint: `make the kind the key: ${value[named]}: { ${rest.join(': ..., ')}: ... }` }
  }
  const [map, second] = Object.keys(value).filter((key) => isSchema(value[key]))
  if (map !== undefined && second === undefined) {
    const strangers = Object.keys(value).filter((key) => key !== map)
    const them = strangers.length === 1 ? 'it' : 'them'
    return { message, hint: `move ${strangers.join(', ')} into the map of ${map}, or remove ${them}` }
  }
  const isBare = first !== undefined && value[first] === null
  const verb = others.length === 1 ? 'is' : 'are'
  const hint = isBare
    ? `${others.join(', ')} ${verb} beside ${first}: indent ${others.length === 1 ? 'it' : 'them'} below it`
    : `begin ${others.join(', ')} with a dash of its own`
  return { message, hint }
}

/** What in a word looks like a letter and is none of the known words' letters. */
function foreignHint(word: string): string | undefined {
  const foreign = foreignCharacter(word)
  return foreign && `it contains a ${foreign.name}`
}

/** The part of a schema's description that completes `must be`. */
export function sentenceOf(schema: unknown): string | undefined {
  const description = isSchema(schema) ? schema.description : undefined
  if (typeof description !== 'string' || !/^[\p{Ll}\p{N}]/u.test(description)) return undefined
  return description.split('; ', 1)[0]
}

/** What was probably meant, if a text with one small change matches the pattern. */
function patternHint({ keyword, params, data }: ErrorObject): string | undefined {
  if (keyword !== 'pattern' || typeof data !== 'string' || data.length > 1000) return undefined
  const pattern = new RegExp(String(params.pattern), 'u')
  const meant = [
    data.replace(/^(?=\d+$)/, '0'),
    data.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, ''),
    pattern.source.includes('service') ? data.replace(/^[\w@-]+$/, '$&.service') : data,
    data.replace(/^([\w-]+):[\w-]+$/, '$1'),
  ].find((text) => text !== data && pattern.test(text))
  return meant && `did you mean "${meant}"?`
}

function brokenRule({ keyword, params, message, parentSchema }: ErrorObject, value: unknown): Mistake {
  switch (keyword) {
    case 'minimum':
      return otherThan(`at least ${params.limit}`, value)
    case 'maximum':
      return otherThan(`at most ${params.limit}`, value)
    case 'pattern':
      return {
        message: `must match ${params.pattern}, not ${shown(value)}`,
        hint: parentSchema?.description,
      }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      if (params.limit === 1) return { message: 'must not be empty' }
      return { message: `is too short: at least ${amount(keyword, params.limit)}` }
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return { message: `is too long: at most ${amount(keyword, params.limit)}` }
  }
  return { message: message ?? 'is not valid' }
}

/** `8 characters` for the limit of a `minLength`. */
function amount(keyword: string, limit: unknown): string {
  const unit = keyword.endsWith('Length') ? 'character' : keyword.endsWith('Items') ? 'element' : 'key'
  return `${limit} ${unit}${limit === 1 ? '' : 's'}`
}

/** The container of a mistake: `notifies[0]` for an action; empty for the validated value itself. */
export function containerOf({ path, missing }: SchemaMistake): string {
  const whole = missing === undefined ? path : [...path, '']
  return formatPath(whole.slice(0, lastKey(whole)).map((part) => (isIndex(part) ? Number(part) : part)))
}

/** The last key, with the indexes after it: `roles[1]`. */
function nameOf(path: readonly string[], whole: string): string {
  const key = lastKey(path)
  return formatPath([path[key] ?? whole, ...path.slice(key + 1).map(Number)])
}

function lastKey(path: readonly string[]): number {
  return path.findLastIndex((part) => !isIndex(part))
}

function isIndex(part: string): boolean {
  return /^\d+$/.test(part)
}

function propertiesOf(schema: unknown): { readonly [key: string]: unknown } {
  return isSchema(schema) && isSchema(schema.properties) ? schema.properties : {}
}

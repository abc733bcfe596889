import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Mistake, Problem } from '../model/diagnostic.ts'
import { formatPath, parsePointer } from '../model/path.ts'
import { isSchema } from './json-schema.ts'
import { nearest, nearestHint } from './nearest.ts'

/** One violation of a schema, in words. `path` is what is meant: with part `key`, the key there. */
export interface SchemaMistake extends Problem {
  readonly path: readonly string[]
  readonly part: 'key' | 'value'
  /** The key that is missing at `path`. */
  readonly missing?: string
}

/** What is known of the value that breaks the schema. */
export interface Found {
  /** What the validated value as a whole is called. */
  readonly name: string
  /** The wrong value as it was written in YAML, if it is a plain scalar there. */
  readonly source: string | undefined
}

/**
 * Says what an error of ajv (verbose) means: `mode must be four octal digits, not "9"`. What completes `must be` is the
 * schema's description, up to its first semicolon, if it begins with a small letter; else the rule that was broken.
 */
export function explainError(error: ErrorObject, { name, source }: Found): SchemaMistake {
  const path = parsePointer(error.instancePath)
  const subject = nameOf(path, name)
  const value: unknown = error.data
  const wrong = (code: string, { message, hint }: Mistake): SchemaMistake => ({
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
      // Without a list of keys the schema has a pattern for them.
      const hint =
        known.length === 0 && expected !== undefined
          ? `${subject} must be ${expected}`
          : nearestHint(key, known, 'no keys are known here')
      return { code: 'unknown-key', path: [...path, key], part: 'key', message: `unknown key ${key}`, hint }
    }
    case 'required': {
      const missing = String(error.params.missingProperty)
      const wanted = sentenceOf(propertiesOf(error.parentSchema)[missing])
      const hint = wanted && `set ${missing} to ${wanted}`
      return {
        code: 'missing-key',
        path,
        part: 'key',
        message: `${missing} is missing`,
        missing,
        hint,
      }
    }
    case 'type':
      return wrong('wrong-type', typeMistake(value, expected, wantedTypes(error), source))
    case 'enum':
      return wrong('not-allowed', choiceMistake(value, listOf(error.params.allowedValues), source))
    case 'const':
      return wrong('not-allowed', choiceMistake(value, [error.params.allowedValue], source))
    case 'anyOf':
    case 'oneOf':
      return wrong('wrong-type', otherThan(expected ?? branchWords(error), value))
    case 'maxProperties':
      if (error.params.limit === 1) return wrong('invalid-value', { message: 'must have only one key' })
  }
  if (expected !== undefined) return wrong('invalid-value', otherThan(expected, value))
  return wrong('invalid-value', brokenRule(error, value))
}

/** What the description of a schema says that a value must be. */
export function sentenceOf(schema: unknown): string | undefined {
  const description = isSchema(schema) ? schema.description : undefined
  if (typeof description !== 'string' || !/^[\p{Ll}\p{N}]/u.test(description)) return undefined
  return description.split('; ', 1)[0]
}

function otherThan(expected: string, value: unknown): Mistake {
  return { message: `must be ${expected}, not ${shown(value)}` }
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
  }
  return { message: message ?? 'is not valid' }
}

/** The map that has what a mistake names: `notifies[0]` of an action; empty for the validated value itself. */
export function containerOf({ path, missing }: SchemaMistake): string {
  const whole = missing === undefined ? path : [...path, missing]
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

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

function wantedTypes({ params: { type } }: ErrorObject): readonly string[] {
  return (Array.isArray(type) ? type.map(String) : String(type).split(',')).filter((name) => name !== 'null')
}

/** A value of another type; if YAML misleads, why, and what to write. */
function typeMistake(
  value: unknown,
  sentence: string | undefined,
  wanted: readonly string[],
  source: string | undefined,
): Mistake {
  const words = choice(wanted.map((type) => typeWords[type] ?? type))
  const misread = (reading: string, hint: string) => ({
    message: `must be ${words}, but YAML reads ${reading}`,
    hint,
  })
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  if (wanted.includes('string') && isScalar && source !== undefined) {
    return misread(`${source} as ${readAs(value, source)}`, `put it in quotes: "${source}"`)
  }
  if (wanted.includes('boolean') && source !== undefined && /^(?:yes|no|on|off|y|n)$/i.test(source)) {
    return misread(`${source} as text`, `write ${/^(?:yes|on|y)$/i.test(source)}`)
  }
  const hint = rewritten(value, wanted)
  return { ...otherThan(sentence ?? words, value), hint }
}

function rewritten(value: unknown, wanted: readonly string[]): string | undefined {
  const isNumeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
  if ((wanted.includes('integer') || wanted.includes('number')) && isNumeric)
    return `write ${value} without quotes`
  const isScalar = typeof value === 'string' || typeof value === 'number'
  return wanted.includes('array') && isScalar ? `write [${value}]` : undefined
}

function readAs(value: number | boolean, source: string): string {
  if (typeof value === 'boolean') return 'a boolean'
  return source === String(value) ? 'a number' : `the number ${value}`
}

function choiceMistake(value: unknown, allowed: readonly unknown[], source: string | undefined): Mistake {
  const texts = allowed.filter((one) => typeof one === 'string')
  const meant = typeof value === 'string' ? nearest(value, texts) : undefined
  const mistake = otherThan(choice(allowed.filter((one) => one !== null).map(String)), value)
  if (meant !== undefined) return { ...mistake, hint: `did you mean ${meant}?` }
  const isMisread = source !== undefined && typeof value !== 'string' && texts.includes(source)
  return isMisread ? { ...mistake, hint: `put it in quotes: "${source}"` } : mistake
}

function branchWords({ schema }: ErrorObject): string {
  const words = listOf(schema)
    .filter(isSchema)
    .flatMap((branch) => {
      if ('const' in branch) return [String(branch.const)]
      const types = Array.isArray(branch.type) ? branch.type : [branch.type ?? 'something else']
      return types.filter((type) => type !== 'null').map((type) => typeWords[type] ?? String(type))
    })
  return choice([...new Set(words)])
}

/** `a, b or c` */
function choice(words: readonly string[]): string {
  const [last = '', ...before] = words.toReversed()
  return before.length === 0 ? last : `${before.reverse().join(', ')} or ${last}`
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (null)'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map'
  return String(value)
}

function propertiesOf(schema: unknown): { readonly [key: string]: unknown } {
  return isSchema(schema) && isSchema(schema.properties) ? schema.properties : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

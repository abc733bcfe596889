import type { ErrorObject } from 'ajv/dist/2020.js'
import { suggest } from '../suggest.ts'
import { formatPath, parsePointer } from '../yaml/path.ts'
import { isSchema } from './editor-schema.ts'

/** One violation of a schema, in words. `path` is what is meant: with part `key`, the key that stands there. */
export interface SchemaMistake {
  readonly code: string
  readonly path: readonly string[]
  readonly part: 'key' | 'value'
  readonly message: string
  readonly hint?: string
  /** The key that is missing at `path`. */
  readonly missing?: string
}

export interface MistakeContext {
  /** What the validated value as a whole is called. */
  readonly name: string
  /** The wrong value as it was written, if it is a plain scalar. */
  readonly source: string | undefined
}

/** Says what an error of ajv (verbose) means. */
export function describeMistake(error: ErrorObject, context: MistakeContext): SchemaMistake {
  const { source } = context
  const path = parsePointer(error.instancePath)
  const name = nameOf(path, context.name)
  const found: unknown = error.data
  const wrong = (code: string, message: string, hint?: string): SchemaMistake => ({
    code,
    path,
    part: 'value',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const { additionalProperty, unevaluatedProperty } = error.params
      const key = String(additionalProperty ?? unevaluatedProperty)
      const known = isSchema(error.parentSchema?.properties) ? Object.keys(error.parentSchema.properties) : []
      const unknown = wrong('unknown-key', `unknown key ${key}`, keyHint(key, known))
      return { ...unknown, path: [...path, key], part: 'key' }
    }
    case 'required':
      return {
        ...wrong('missing-key', `${error.params.missingProperty} is missing`),
        part: 'key',
        missing: String(error.params.missingProperty),
      }
    case 'type':
      return wrong('wrong-type', ...typeWords(name, found, wantedTypes(error), source))
    case 'enum':
    case 'const': {
      const allowed = listOf(
        error.keyword === 'enum' ? error.params.allowedValues : [error.params.allowedValue],
      )
      return wrong('not-allowed', ...allowedWords(name, found, allowed, source))
    }
    case 'anyOf':
    case 'oneOf': {
      const described = branchWords(error)
      return wrong('wrong-type', `${name} must be ${described}, not ${foundWords(found)}`)
    }
    case 'pattern': {
      const description = error.parentSchema?.description
      const hint = typeof description === 'string' ? description : undefined
      return wrong(
        'invalid-value',
        `${name} must match ${error.params.pattern}, not ${foundWords(found)}`,
        hint,
      )
    }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      if (error.params.limit === 1) return wrong('invalid-value', `${name} must not be empty`)
      return wrong('invalid-value', `${name} ${error.message ?? 'is not valid'}`)
    case 'maxProperties':
      if (error.params.limit === 1) return wrong('invalid-value', `${name} must have only one key`)
      return wrong('invalid-value', `${name} ${error.message ?? 'is not valid'}`)
    default:
      return wrong('invalid-value', `${name} ${error.message ?? 'is not valid'}`)
  }
}

/** The last key, with the indexes behind it: `roles[1]`. */
function nameOf(path: readonly string[], whole: string): string {
  const key = path.findLastIndex((part) => !/^\d+$/.test(part))
  return formatPath([path[key] ?? whole, ...path.slice(key + 1).map(Number)])
}

function keyHint(key: string, known: readonly string[]): string {
  const likely = suggest(key, known)
  if (likely !== undefined) return `did you mean ${likely}?`
  return known.length === 0 ? 'no keys are known here' : `known keys: ${known.join(', ')}`
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

function wantedTypes(error: ErrorObject): readonly string[] {
  const { type } = error.params
  return (Array.isArray(type) ? type.map(String) : String(type).split(',')).filter((name) => name !== 'null')
}

/** Message and hint for a value of another type; where YAML misleads, why, and what to write. */
function typeWords(
  name: string,
  found: unknown,
  wanted: readonly string[],
  source: string | undefined,
): [message: string, hint?: string] {
  const must = `${name} must be ${wanted.map((type) => words[type] ?? type).join(' or ')}`
  if (wanted.includes('string') && (typeof found === 'number' || typeof found === 'boolean')) {
    const written = source ?? String(found)
    return [
      `${must}, but YAML reads ${written} as ${readAs(found, written)}`,
      `put it in quotes: "${written}"`,
    ]
  }
  if (wanted.includes('boolean') && typeof found === 'string' && /^(?:yes|no|on|off|y|n)$/i.test(found)) {
    const meant = /^(?:yes|on|y)$/i.test(found) ? 'true' : 'false'
    return [`${must}, but YAML reads ${found} as text`, `write ${meant}`]
  }
  const isNumber = typeof found === 'string' && found.trim() !== '' && Number.isFinite(Number(found))
  if ((wanted.includes('integer') || wanted.includes('number')) && isNumber) {
    return [`${must}, not ${foundWords(found)}`, `write ${found} without quotes`]
  }
  if (wanted.includes('array') && (typeof found === 'string' || typeof found === 'number')) {
    return [`${must}, not ${foundWords(found)}`, `write [${found}]`]
  }
  return [`${must}, not ${foundWords(found)}`]
}

function readAs(found: number | boolean, written: string): string {
  if (typeof found === 'boolean') return 'a boolean'
  return written === String(found) ? 'a number' : `the number ${found}`
}

function allowedWords(
  name: string,
  found: unknown,
  allowed: readonly unknown[],
  source: string | undefined,
): [message: string, hint?: string] {
  const texts = allowed.filter((value) => typeof value === 'string')
  const likely = typeof found === 'string' ? suggest(found, texts) : undefined
  const list = allowed.filter((value) => value !== null).map((value) => String(value))
  const message = `${name} must be ${list.join(' or ')}, not ${foundWords(found)}`
  if (likely !== undefined) return [message, `did you mean ${likely}?`]
  const quoted = source !== undefined && typeof found !== 'string' && texts.includes(source)
  return quoted ? [message, `put it in quotes: "${source}"`] : [message]
}

function branchWords(error: ErrorObject): string {
  const branches = listOf(error.schema).filter(isSchema)
  const described = branches.flatMap((branch) => {
    if ('const' in branch) return [String(branch.const)]
    const types = Array.isArray(branch.type)
      ? branch.type.map(String)
      : [String(branch.type ?? 'something else')]
    return types.filter((type) => type !== 'null').map((type) => words[type] ?? type)
  })
  return [...new Set(described)].join(' or ')
}

function foundWords(found: unknown): string {
  if (found === null || found === undefined) return 'nothing (null)'
  if (typeof found === 'string') return JSON.stringify(found.length > 60 ? `${found.slice(0, 57)}...` : found)
  if (typeof found === 'object') return Array.isArray(found) ? 'a list' : 'a map'
  return String(found)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

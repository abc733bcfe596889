import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Mistake } from '../model/diagnostic.ts'
import type { JsonSchema } from '../model/schema.ts'
import { shellWord } from '../model/shell-word.ts'
import { isSchema } from './json-schema.ts'
import { nearest } from './nearest.ts'

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

interface Subject {
  /** What the schema says that it must be. */
  readonly expected: string | undefined
  readonly key: string | undefined
}

/** A value of the wrong type; if YAML misread it, how, and what to write. */
export function typeMistake(
  error: ErrorObject,
  { expected, key, source }: Subject & { readonly source: string | undefined },
): Mistake {
  const value: unknown = error.data
  const wanted = wantedTypes(error)
  const words = choice(wanted.map((type) => typeWords[type] ?? type))
  const misread = (reading: string, hint: string) => ({
    message: `must be ${words}, but YAML reads ${reading}`,
    hint,
  })
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  if (wanted.includes('string') && isScalar && source !== undefined) {
    const octal = source.startsWith('0o') ? `0${value.toString(8)}` : source
    const text =
      isSchema(error.parentSchema) && isMissingZero(error.parentSchema.pattern, octal) ? `0${octal}` : octal
    return misread(`${source} as ${readAs(value, source)}`, `put it in quotes: "${text}"`)
  }
  if (wanted.includes('boolean') && source !== undefined && /^(?:yes|no|on|off|y|n)$/i.test(source)) {
    return misread(`${source} as text`, `write ${/^(?:yes|on|y)$/i.test(source)}`)
  }
  const isListOfMaps = isMapSchema(itemsOf(error.parentSchema))
  const hint = rewritten(value, wanted, isListOfMaps) ?? reshaped(error, wanted, { expected, key })
  return { ...otherThan(expected ?? words, value), hint }
}

/** Whether `644` of a mode would be right as `0644`. */
function isMissingZero(pattern: unknown, text: string): boolean {
  if (typeof pattern !== 'string') return false
  const wanted = new RegExp(pattern, 'u')
  return !wanted.test(text) && wanted.test(`0${text}`)
}

/** A number of which a text would be made, in another spelling. */
export function respeltMistake(name: string, value: number, spelling: string): Mistake {
  const message = `${name} is used as text, but YAML reads ${spelling} as the number ${value}`
  return { message, hint: `put it in quotes: "${spelling}"` }
}

function wantedTypes({ params: { type } }: ErrorObject): readonly string[] {
  return (Array.isArray(type) ? type.map(String) : String(type).split(',')).filter((name) => name !== 'null')
}

function rewritten(value: unknown, wanted: readonly string[], isListOfMaps: boolean): string | undefined {
  const isNumeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
  if ((wanted.includes('integer') || wanted.includes('number')) && isNumeric)
    return `write ${value} without quotes`
  if (wanted.includes('boolean') && (value === 'true' || value === 'false'))
    return `write ${value} without quotes`
  const isScalar = typeof value === 'string' || typeof value === 'number'
  // Within brackets, plain text cannot have brackets of its own.
  if (wanted.includes('array') && typeof value === 'string' && /^-[^-\s]/.test(value))
    return 'a list has a blank after each dash'
  if (wanted.includes('array') && isScalar && !isListOfMaps)
    return `write [${/[[\]{}]/.test(String(value)) ? JSON.stringify(value) : value}]`
  const [, key, rest] = /^([A-Za-z_][\w.-]*):(\S.*)$/.exec(typeof value === 'string' ? value : '') ?? []
  return wanted.includes('object') && key !== undefined
    ? `write ${key}: ${rest}, with a blank after the colon`
    : undefined
}

/** A list where a text is wanted, and the like: what to write instead, as far as the schema shows it. */
function reshaped(
  { data, parentSchema }: ErrorObject,
  wanted: readonly string[],
  { expected, key }: Subject,
): string | undefined {
  const value: unknown = data
  const items = listOf(value)
  const isMap = isSchema(value)
  const isScalar = !isMap && !Array.isArray(value) && value !== null
  if (wanted.includes('string') && typeof value === 'object' && key === 'content')
    return 'write content: | and the text, indented, in the lines below'
  if (wanted.includes('string') && isMap)
    return typeof value.name === 'string' ? `write ${key}: ${value.name}` : undefined
  if (wanted.includes('string') && items.length > 0 && items.every((item) => typeof item !== 'object')) {
    if (expected !== 'a shell command') return 'declare one for each'
    return `write one text: ${JSON.stringify(items.map((item) => shellWord(String(item))).join(' '))}`
  }
  if (wanted.includes('array') && isMap) {
    const [first = ''] = Object.keys(value)
    return `begin ${Object.keys(value).length === 1 ? 'it' : 'each'} with a dash: - ${first}: ...`
  }
  const element = itemsOf(parentSchema)
  if (wanted.includes('array') && isScalar && isSchema(element))
    return `write [${exampleMap(element, value)}]`
  if (!wanted.includes('object')) return undefined
  const entry = firstEntry(isScalar ? value : items[0])
  if (entry !== undefined && isOpenMap(parentSchema))
    return `write a map: { ${entry}${items.length > 1 ? ', ...' : ''} }`
  if (isScalar) return hasKeys(parentSchema) ? `write ${exampleMap(parentSchema, value, key)}` : undefined
  const section = typeof items[0] === 'string' ? 'recipes' : 'resources'
  if (isSchema(parentSchema?.properties) && Object.hasOwn(parentSchema.properties, section))
    return `put the list below ${section}:`
  return hasKeys(parentSchema) && typeof items[0] === 'string'
    ? `declare one for each, such as ${exampleMap(parentSchema, items[0], key)}`
    : undefined
}

/** The map of a schema with a value under the key that it was probably meant for. */
function exampleMap(schema: JsonSchema, value: unknown, key?: string): string {
  const required = keysOf(schema)
  const own = key !== undefined && required.includes(key) ? key : required[0]
  const text = typeof value === 'string' && /[[\]{}:,#]/.test(value) ? JSON.stringify(value) : String(value)
  return `{ ${required.map((name) => `${name}: ${name === own ? text : '...'}`).join(', ')} }`
}

function hasKeys(schema: unknown): schema is JsonSchema {
  return isSchema(schema) && keysOf(schema).length > 0
}

/** The keys that a map must have; the address of a host, and what is said first of a platform. */
function keysOf({ required, properties }: JsonSchema): readonly string[] {
  const own = ['address', 'os'].filter((name) => isSchema(properties) && Object.hasOwn(properties, name))
  return own.length > 0 ? own : listOf(required).map(String)
}

/** A map whose keys are names. */
function isOpenMap(schema: unknown): boolean {
  return isSchema(schema) && schema.properties === undefined
}

/** `A: b` of `A=b`, `web0: {}` of `web0` and of `{ name: web0 }`. */
function firstEntry(value: unknown): string | undefined {
  const text = isSchema(value) ? value.name : value
  if (typeof text !== 'string') return undefined
  const [, name, rest = ''] = /^(\w+)=(.*)$/.exec(text) ?? []
  if (name !== undefined) return `${name}: ${/^[A-Za-z/][\w./-]*$/.test(rest) ? rest : JSON.stringify(rest)}`
  return /^[\w.-]+$/.test(text) ? `${text}: {}` : undefined
}

function itemsOf(schema: unknown): unknown {
  return isSchema(schema) ? schema.items : undefined
}

function isMapSchema(schema: unknown): boolean {
  return isSchema(schema) && schema.type === 'object'
}

function readAs(value: number | boolean, source: string): string {
  if (typeof value === 'boolean') return 'a boolean'
  return source === String(value) ? 'a number' : `the number ${value}`
}

/** A value that is not one of the allowed ones. */
export function choiceMistake({ data, params }: ErrorObject, source: string | undefined): Mistake {
  const value: unknown = data
  const allowed = 'allowedValue' in params ? [params.allowedValue] : listOf(params.allowedValues)
  const texts = allowed.filter((one) => typeof one === 'string')
  const meant = typeof value === 'string' ? nearest(value, texts) : undefined
  const mistake = otherThan(choice(allowed.filter((one) => one !== null).map(String)), value)
  if (meant !== undefined) return { ...mistake, hint: `did you mean ${meant}?` }
  const isMisread = source !== undefined && typeof value !== 'string' && texts.includes(source)
  return isMisread ? { ...mistake, hint: `put it in quotes: "${source}"` } : mistake
}

/** The branches of a union in words. */
export function branchWords({ schema }: ErrorObject): string {
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

export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (null)'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map'
  return String(value)
}

export function otherThan(expected: string, value: unknown): Mistake {
  return { message: `must be ${expected}, not ${shown(value)}` }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { given } from '../model/given.ts'
import { perText } from '../model/memo.ts'
import { parsePointer } from '../model/path.ts'
import type { JsonSchema } from '../model/schema.ts'
import { type Secret, secretsIn, stands, withoutSecrets } from '../model/secret.ts'
import type { Value } from '../model/value.ts'
import { loadedAjv } from './ajv.ts'
import { explainError, type MissingKey, missingMistake, type SchemaMistake } from './explain.ts'
import { isSchema, schemaBelow } from './json-schema.ts'
import { precompiledCheck } from './precompiled.ts'

type Validation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly SchemaMistake[] }

/** A plain scalar at a path as written, if known. */
type SourceOf = (path: readonly string[]) => string | undefined

export type Validator<T> = (value: unknown, source?: SourceOf) => Validation<T>

/** The first of several equal schemas: ajv compiles each object once. */
const firstLike = perText((_text, schema: JsonSchema) => schema)

/** Throws if a schema is invalid. */
export function refuseBadSchema(schema: JsonSchema): void {
  const ajv = loadedAjv()
  if (!ajv.validateSchema(schema)) throw new Error(`schema is invalid: ${ajv.errorsText()}`)
}

export interface ValidatorOptions {
  /** Secrets may be wherever the schema takes text, instead of only where it says `secret: true`. */
  readonly takesSecrets?: boolean
}

/** Compiles a valid JSON Schema (2020-12) to a validator that finds all mistakes; `name` stands for the whole value. */
export function createValidator<T = Value>(
  schema: JsonSchema,
  name: string,
  { takesSecrets = false }: ValidatorOptions = {},
): Validator<T> {
  const text = JSON.stringify(schema)
  const check = (precompiledCheck(text) ??
    loadedAjv().compile(firstLike(text, schema))) as ValidateFunction<T>
  const comparesItems = text.includes('"uniqueItems"')
  return (value, source = () => undefined) => {
    // ajv compares list elements by valueOf, which maps without prototype lack.
    const prepared = comparesItems && hasNoPrototype(value) ? structuredClone(value) : value
    if (check(prepared)) return { ok: true, value: prepared }
    const secrets = secretsIn(value)
    if (secrets.length === 0)
      return { ok: false, mistakes: collectMistakes(check.errors ?? [], name, source) }
    // Where anything may be, a secret breaks no rule.
    const broken = new Set(check.errors?.map(placeOf))
    const shown = withoutSecrets(prepared, (secret) => secret.names.map(stands).join(''))
    const errors = check(shown) ? [] : (check.errors ?? [])
    const places = secrets.map(({ path }) => pointerOf(path))
    // Nobody may learn which rule the value of a secret breaks.
    const mistakes = errors.filter((error) => !(places.includes(placeOf(error)) && rules.has(error.keyword)))
    const refused = takesSecrets
      ? []
      : secrets.filter(({ path }) => broken.has(pointerOf(path)) && !takesSecret(schema, path))
    const found = [
      ...collectMistakes(mistakes, name, source),
      ...refused.map(({ path, secret }) => refusedSecret(path, secret)),
    ]
    const isValid = (_candidate: unknown): _candidate is T => found.length === 0
    return isValid(value) ? { ok: true, value } : { ok: false, mistakes: found }
  }
}

/** Rules about the characters of a text. */
const rules: ReadonlySet<string> = new Set(['pattern', 'minLength', 'maxLength', 'format'])

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Whether it has `secret: true`, or one of its branches. */
function marksSecret(schema: unknown): boolean {
  if (!isSchema(schema)) return false
  return schema.secret === true || (Array.isArray(schema.anyOf) && schema.anyOf.some(marksSecret))
}

/** Whether a schema has `secret: true` at a path or above it. */
function takesSecret(schema: unknown, path: readonly string[]): boolean {
  let below: unknown = schema
  for (const part of ['', ...path]) {
    if (part !== '') below = schemaBelow(below, part)
    if (marksSecret(below)) return true
  }
  return false
}

function refusedSecret(path: readonly string[], secret: Secret): SchemaMistake {
  return {
    code: 'misplaced-secret',
    path,
    part: 'value',
    message: `${path.findLast((part) => !/^\d+$/.test(part)) ?? 'this'} cannot be a secret, such as ${secret.names.join(', ')}`,
    hint: 'secrets belong into contents of files and units, and the environment of commands',
  }
}

function placeOf({ instancePath }: ErrorObject): string {
  return instancePath
}

function hasNoPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
}

function collectMistakes(errors: readonly ErrorObject[], name: string, source: SourceOf): SchemaMistake[] {
  const mistakes = new Map<string, SchemaMistake>()
  const tooLong = new Set(errors.filter(({ keyword }) => keyword === 'maxLength').map(placeOf))
  for (const error of withoutBranches(errors)) {
    if (error.keyword === 'pattern' && tooLong.has(placeOf(error))) continue
    const mistake = explainError(error, { name, source: source(parsePointer(error.instancePath)) })
    const key = JSON.stringify([mistake.path, mistake.message])
    if (!mistakes.has(key)) mistakes.set(key, mistake)
  }
  const all = [...mistakes.values()]
  // A misspelt key is not missing, too.
  const misspelt = new Set(all.map(({ path, meant }) => JSON.stringify([...path.slice(0, -1), meant])))
  const together = new Map<string, MissingKey[]>()
  return all
    .filter(
      ({ path, missing = [] }) => !missing.some(({ key }) => misspelt.has(JSON.stringify([...path, key]))),
    )
    .filter(({ path, missing }) => {
      if (missing === undefined) return true
      const place = JSON.stringify(path)
      const before = together.get(place)
      before?.push(...missing)
      if (before === undefined) together.set(place, [...missing])
      return before === undefined
    })
    .map((mistake) => {
      const missing = mistake.missing && together.get(JSON.stringify(mistake.path))
      return missing === undefined ? mistake : missingMistake(mistake.path, missing)
    })
}

/**
 * ajv reports the mistakes of every branch of a union. This keeps those of the intended branch (the only one whose type
 * fits), else the union as a whole, and never mentions the branch for expressions.
 */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept = errors.filter(
    ({ keyword, schemaPath }) => keyword !== 'if' && !schemaPath.startsWith('#/$defs/expression/'),
  )
  for (const union of kept.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')) {
    const prefix = `${union.schemaPath}/`
    const isBelow = (error: ErrorObject) =>
      error.schemaPath.startsWith(prefix) && isWithin(error.instancePath, union.instancePath)
    const branches = new Map<string, ErrorObject[]>()
    for (const error of kept.filter(isBelow)) {
      const branch = error.schemaPath.slice(prefix.length).split('/', 1)[0] ?? ''
      branches.set(branch, [...(branches.get(branch) ?? []), error])
    }
    const all = [...branches.values()]
    const fitting =
      all.length === 1 ? all : all.filter((branch) => !branch.some((error) => misses(error, union)))
    const [only = []] = fitting.map((branch) => branch.map((error) => describedBy(union, error)))
    const others = kept.filter((error) => error !== union && !isBelow(error))
    kept = [...others, ...(fitting.length === 1 ? only : [union])]
  }
  return kept
}

/** The description of a union replaces that of its branches. */
function describedBy({ instancePath, parentSchema: union }: ErrorObject, error: ErrorObject): ErrorObject {
  if (error.instancePath !== instancePath) return error
  const { description } = union ?? {}
  return { ...error, parentSchema: { ...given({ description }), ...error.parentSchema } }
}

function isWithin(pointer: string, above: string): boolean {
  return pointer === above || pointer.startsWith(`${above}/`)
}

/** Whether an error shows that the branch was not intended: another type, another tag. */
function misses(error: ErrorObject, union: ErrorObject): boolean {
  if (error.keyword === 'const') return true
  return error.instancePath === union.instancePath && (error.keyword === 'type' || error.keyword === 'enum')
}

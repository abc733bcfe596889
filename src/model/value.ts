import { isSecret, type Secret } from './secret.ts'

/** JSON-like data: what a spec, an attribute tree and a resource's desired state are made of. */
export type Value = null | boolean | number | string | Secret | readonly Value[] | ValueMap

/** A value that has no secrets. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** A map of values. Maps built by converge have no prototype, so that `__proto__` is only a key. */
export interface ValueMap {
  readonly [key: string]: Value
}

/** A map to fill. V8 uses a hash table for Object.create(null), which is ten times slower. */
export function emptyMap<T>(): Record<string, T> {
  return Object.setPrototypeOf({}, null)
}

/** A map of these entries; later ones win. */
export function mapWith(...sources: readonly { readonly [key: string]: Value }[]): ValueMap {
  return Object.freeze(Object.assign(Object.create(null), ...sources))
}

export const NO_VALUES: ValueMap = mapWith()

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSecret(value)
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

/** JSON data as frozen maps without prototype; undefined for values that no spec can have. */
export function toValue(data: unknown): Value | undefined {
  if (data === null || typeof data === 'string' || typeof data === 'boolean' || typeof data === 'number')
    return data
  if (isSecret(data)) return data
  if (Array.isArray(data)) return Object.freeze(data.map((element) => toValue(element) ?? null))
  if (typeof data !== 'object') return undefined
  const map: Record<string, Value> = Object.create(null)
  for (const [key, element] of Object.entries(data)) {
    const value = toValue(element)
    if (value !== undefined) map[key] = value
  }
  return Object.freeze(map)
}

/** Marks the branch of an exhaustive switch that cannot be reached. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}

/** JSON-like data: what a spec, an attribute tree and a resource's desired state are made of. */
export type Value = null | boolean | number | string | readonly Value[] | ValueMap

/** A map of values. Maps built by converge have no prototype, so that a key such as `__proto__` is only a key. */
export interface ValueMap {
  readonly [key: string]: Value
}

/** A map to fill. V8 keeps one from Object.create(null) as a hash table, which takes ten times as long to use. */
export function emptyMap<T>(): Record<string, T> {
  return Object.setPrototypeOf({}, null)
}

/** Marks the branch of an exhaustive switch that cannot be reached. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}

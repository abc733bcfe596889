/** Offsets of an entry of a map or list in the text; `source` is a plain scalar exactly as written. */
export interface Place {
  readonly key?: readonly [number, number]
  readonly value: readonly [number, number]
  readonly source?: string
}

/** The places of the entries of each map or list. Lists are keyed by index, as text. */
export type Places = WeakMap<object, ReadonlyMap<string, Place>>

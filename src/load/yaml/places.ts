/** Offsets of an entry of a map or list in the text; `source` is a plain scalar exactly as written. */
export interface Place {
  readonly key?: readonly [number, number]
  readonly value: readonly [number, number]
  readonly source?: string
}

/** Per map or list: where each of its entries stands. Lists are keyed by index, as text. */
export type Places = WeakMap<object, ReadonlyMap<string, Place>>

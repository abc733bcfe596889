interface Known<Key, Value> {
  get(key: Key): { readonly value: Value } | undefined
  set(key: Key, result: { readonly value: Value }): unknown
}

/** Caches the results of a function per object; only the first call sees its further arguments. */
export function perObject<Key extends object, Rest extends readonly unknown[], Value>(
  make: (key: Key, ...rest: Rest) => Value,
): (key: Key, ...rest: Rest) => Value {
  return once(new WeakMap(), make)
}

/** Caches the results of a function per text; only the first call sees its further arguments. */
export function perText<Key extends string, Rest extends readonly unknown[], Value>(
  make: (key: Key, ...rest: Rest) => Value,
): (key: Key, ...rest: Rest) => Value {
  return once(new Map(), make)
}

function once<Key, Rest extends readonly unknown[], Value>(
  known: Known<Key, Value>,
  make: (key: Key, ...rest: Rest) => Value,
): (key: Key, ...rest: Rest) => Value {
  return (key, ...rest) => {
    const before = known.get(key)
    if (before !== undefined) return before.value
    const value = make(key, ...rest)
    known.set(key, { value })
    return value
  }
}

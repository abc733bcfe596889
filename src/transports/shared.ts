/** Results that are asked for once per key; whoever asks meanwhile or later gets the same one. */
export interface Shared<Query, Result> {
  get(query: Query): Promise<Result>
  forget(query: Query): void
}

export function shared<Query, Result>(load: (query: Query) => Promise<Result>): Shared<Query, Result> {
  const results = new Map<string, Promise<Result>>()
  return {
    get(query) {
      const key = JSON.stringify(query)
      const result = results.get(key) ?? load(query)
      results.set(key, result)
      return result
    },
    forget: (query) => void results.delete(JSON.stringify(query)),
  }
}

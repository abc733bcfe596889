/**
 * The members that have a value, so that an optional one is absent rather than undefined:
 * `{ name, ...given({ hint }) }`.
 */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> }
export function given(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

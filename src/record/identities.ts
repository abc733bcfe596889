import type { Identity } from '../model/manifest.ts'

/**
 * What a machine remembers as its own names and places after an apply; undefined if that does not change. It keeps the
 * earlier ones, so that it is recognized by those that other hosts remember.
 */
export function identitiesAfter(
  now: Identity,
  before: readonly Identity[] = [],
): readonly Identity[] | undefined {
  const isNow = ({ name, place }: Identity): boolean => name === now.name && place === now.place
  const last = before.at(-1)
  return last !== undefined && isNow(last) ? undefined : [...before.filter((one) => !isNow(one)), now]
}

/** The lines in which a host keeps them. */
export function identityLines(identities: readonly Identity[]): string {
  return identities.map(({ name, place }) => `${name} ${place}`.trimEnd()).join('\n')
}

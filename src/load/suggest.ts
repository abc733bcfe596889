import { distance } from 'fastest-levenshtein'

/** The known word that was most likely meant, if one is close enough to be worth naming. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const far = isTransposition(word, candidate) ? 1 : distance(word.toLowerCase(), candidate.toLowerCase())
    if (best === undefined || far < best.distance) best = { word: candidate, distance: far }
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3))
    ? best.word
    : undefined
}

/** The hint for an unknown word: what was likely meant, else all that there is, else what `none` says. */
export function suggestHint(word: string, known: readonly string[], none: string): string {
  const likely = suggest(word, known)
  if (likely !== undefined) return `did you mean ${likely}?`
  return known.length === 0 ? none : `known: ${[...known].sort().join(', ')}`
}

/** Whether one word is the other with two neighbouring letters exchanged, the commonest slip of all. */
export function isTransposition(one: string, other: string): boolean {
  if (one.length !== other.length || one === other) return false
  const first = [...one].findIndex((letter, at) => letter !== other[at])
  return (
    one[first] === other[first + 1] &&
    one[first + 1] === other[first] &&
    one.slice(first + 2) === other.slice(first + 2)
  )
}

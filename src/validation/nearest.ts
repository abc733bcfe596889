import { distance } from 'fastest-levenshtein'

/** The known word that was probably meant: one edit, or one for every three letters; swapped letters are one edit. */
export function nearest(
  word: string,
  known: Iterable<string>,
  mostEdits = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  // Nobody misspells that much.
  if (word.length > 200) return undefined
  let best: { readonly word: string; readonly edits: number } | undefined
  for (const candidate of known) {
    const edits = editsBetween(word.toLowerCase(), candidate.toLowerCase())
    if (best === undefined || edits < best.edits) best = { word: candidate, edits }
  }
  const isNear = best !== undefined && best.edits <= mostEdits
  return isNear ? best?.word : undefined
}

/** The hint for an unknown word: a suggestion, else all known words, else `none`. */
export function nearestHint(word: string, known: readonly string[], none: string): string {
  const meant = nearest(word, known)
  if (meant !== undefined) return `did you mean ${meant}?`
  return known.length === 0 ? none : `known: ${[...known].sort().join(', ')}`
}

/** Two swapped adjacent letters, the most common typo, count as one edit. */
function editsBetween(one: string, other: string): number {
  if (one.length !== other.length || one === other) return distance(one, other)
  const first = [...one].findIndex((letter, at) => letter !== other[at])
  const isExchange =
    one[first] === other[first + 1] &&
    one[first + 1] === other[first] &&
    one.slice(first + 2) === other.slice(first + 2)
  return isExchange ? 1 : distance(one, other)
}

import { distance } from 'fastest-levenshtein'

/** The candidate that was probably meant by a misspelt name, or undefined where none is near; case does not count. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const lowerCaseName = name.toLowerCase()
  let best: { candidate: string; edits: number } | undefined
  for (const candidate of candidates) {
    const edits = distance(lowerCaseName, candidate.toLowerCase())
    if (best === undefined || edits < best.edits) best = { candidate, edits }
  }
  if (best === undefined || best.edits > Math.max(2, Math.floor(name.length / 3))) return undefined
  return best.candidate
}

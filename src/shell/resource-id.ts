/** A resource's identity as one word without blanks, for journal and manifest. */
export function encodeId(id: string): string {
  return id.replaceAll(/[\s%\x00-\x1f\x7f]/g, (character) => encodeURIComponent(character))
}

/** The identity that encodeId made. */
export function decodeId(word: string): string {
  return decodeURIComponent(word)
}

import { type Static, Type } from 'typebox'
import { Count, describe, Text } from './schema.ts'

/** Where a secret is in a text, in UTF-16 code units. */
export const SecretSpan = Type.Object({
  name: describe(Text, 'The key of the secret.'),
  at: describe(Count, 'Where it begins.'),
  length: describe(Count, 'How long it is.'),
})
export type SecretSpan = Readonly<Static<typeof SecretSpan>>

/** A text with words in place of its secrets. */
export function masked(
  text: string,
  spans: readonly SecretSpan[],
  words: (span: SecretSpan, secret: string) => string,
): string {
  let end = 0
  const pieces = spans.map((span) => {
    const { at, length } = span
    const piece = text.slice(end, at) + words(span, text.slice(at, at + length))
    end = at + length
    return piece
  })
  return pieces.join('') + text.slice(end)
}

/** Kinds of characters that look like others and mean nothing to YAML, addresses or names. */
const kinds = {
  blank: /[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/u,
  quote: /[\u2018-\u201f\u00ab\u00bb\u2039\u203a]/u,
  dash: /[\u2010-\u2015\u2212]/u,
  letter: /[\p{Script=Cyrillic}\p{Script=Greek}\uff01-\uff5e]/u,
}

const names: readonly (readonly [RegExp, string])[] = [
  [/[\u00a0\u202f]/, 'no-break space'],
  [/[\u200b-\u200d\u2060\ufeff]/, 'character without width'],
  [kinds.blank, 'special space'],
  [kinds.quote, 'typographic quote'],
  [kinds.dash, 'typographic dash'],
  [/[\uff01-\uff5e]/, 'full-width character'],
  [kinds.letter, 'letter of another alphabet'],
]

/** The first character of a text that looks like another one: `{ at: 3, name: 'no-break space U+00A0' }`. */
export function foreignCharacter(
  text: string,
  ...wanted: readonly (keyof typeof kinds)[]
): { readonly at: number; readonly name: string } | undefined {
  const patterns = wanted.length === 0 ? Object.values(kinds) : wanted.map((kind) => kinds[kind])
  const found = patterns
    .map((pattern) => pattern.exec(text))
    .filter((match) => match !== null)
    .sort((one, other) => one.index - other.index)[0]
  if (found === undefined) return undefined
  const [character] = found
  const name = names.find(([pattern]) => pattern.test(character))?.[1] ?? 'character'
  return { at: found.index, name: `${name} ${codePointName(character)}` }
}

/** `U+001B` for the first character of a text. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

/**
 * Splits a value into words by the rules of systemd's extract-word.c with quotes and C escapes; knows nothing of how
 * we quote. Throws on unbalanced quotes and unknown escapes, and on a lone `;`, which would end a command.
 */
export function extractWords(value: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  let rest = value
  while (rest !== '') {
    if (word === undefined && /^;(\s|$)/.test(rest)) throw new Error('a lone ; separates commands')
    const [character = ''] = rest
    if (character === '\\') {
      const found = /^\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([abfnrtvs\\"']))/.exec(rest)
      if (found === null) throw new Error(`unknown escape at ${rest}`)
      const [whole, unicode, byte, letter = ''] = found
      const code = unicode ?? byte
      word =
        (word ?? '') +
        (code === undefined ? ESCAPES[letter] : String.fromCodePoint(Number.parseInt(code, 16)))
      rest = rest.slice(whole.length)
      continue
    }
    rest = rest.slice(character.length)
    if (quote !== '') {
      if (character === quote) quote = ''
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (' \t\n\r'.includes(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== '') throw new Error('unbalanced quotes')
  if (word !== undefined) words.push(word)
  return words
}

// Control characters (C0 except tab, DEL, C1), format characters, which reorder or hide text, others that nothing shows, and line separators: text from
// a host must not move the cursor, change colors or rewrite what the operator reads.
const unsafe = /(?!\t)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0' }

/** One line that is safe to print: control characters become visible escapes such as `\x1b`; tabs stay. */
export function escapeLine(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? codesOf(character).map(escapeCode).join(''))
}

/** JSON text with the same meaning that is safe to print. */
export function escapeJson(json: string): string {
  return json.replace(unsafe, (character) =>
    character === '\n' ? character : codesOf(character).map(longEscape).join(''),
  )
}

/** The lines of a text, each safe to print; a newline at the end starts no further line. */
export function escapeLines(text: string): readonly string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').map(escapeLine)
}

/** The UTF-16 code units of a character, of which JSON escapes each. */
function codesOf(character: string): readonly number[] {
  return [...Array(character.length).keys()].map((index) => character.charCodeAt(index))
}

function escapeCode(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : longEscape(code)
}

function longEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}

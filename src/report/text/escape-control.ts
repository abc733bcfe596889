// C0 except tab, DEL, C1, line separators, and characters that reorder or hide text: text from a host must not move the
// cursor, change colors or rewrite what the operator reads.
const unsafe = /[\0-\x08\n-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0' }

/** One line that is safe to print: control characters become visible escapes such as `\x1b`; tabs stay. */
export function escapeLine(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escapeCode(character.charCodeAt(0)))
}

/** JSON text with the same meaning that is safe to print. */
export function escapeJson(json: string): string {
  return json.replace(unsafe, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The lines of a text, each safe to print; a newline at the end starts no further line. */
export function escapeLines(text: string): readonly string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').map(escapeLine)
}

function escapeCode(code: number): string {
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}

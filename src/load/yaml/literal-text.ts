/**
 * The expression that yields a text unchanged, so that merging need not know about `!literal`: each run of braces with
 * `{{` (and its backslashes, which Handlebars would read) becomes a string literal.
 */
export function literalText(text: string): string {
  return text.replaceAll(/[\\{}]*\{\{\}*/g, (braces) => `{{"${braces}"}}`)
}

/**
 * The expression that yields a text as it is. `!literal` values travel through merging in this form, so that nothing
 * else must know about them: every run of braces that has `{{` (with the backslashes in it, which Handlebars would read)
 * becomes a string literal of its own.
 */
export function literalText(text: string): string {
  return text.replaceAll(/[\\{}]*\{\{\}*/g, (braces) => `{{"${braces}"}}`)
}

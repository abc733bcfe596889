import type { Content } from '../../src/model/operation.ts'
import { textContent } from '../../src/resources/define/content.ts'

const known = new Map<string, string>()

/** A text's content; cases say texts, and converge identifies them by checksums. */
export function contentOf(text: string): Content {
  const content = textContent(text)
  known.set(content.sha256, text)
  return content
}

/** The text with this checksum, quoted, if any case has said it. */
export function quotedText(sha256: string): string {
  const text = known.get(sha256)
  return text === undefined ? `sha256:${sha256.slice(0, 12)}` : JSON.stringify(text)
}

/** So that every text in a case can be shown where only its checksum is left. */
export function rememberTexts(value: unknown): void {
  if (typeof value === 'string') contentOf(value)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(rememberTexts)
}

import type { Facts, PathFact } from '../../src/model/facts.ts'
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

/** The facts of a host that was asked for the contents of all files. */
export function withContents(facts: Facts): Facts {
  const paths = Object.entries(facts.paths).map(([path, fact]): [string, PathFact] => {
    const content = fact.type === 'file' ? known.get(fact.sha256) : undefined
    return [path, fact.type === 'file' && content !== undefined ? { ...fact, content } : fact]
  })
  return { ...facts, paths: Object.fromEntries(paths) }
}

/** So that every text in a case can be shown where only its checksum is left. */
export function rememberTexts(value: unknown): void {
  if (typeof value === 'string') contentOf(value)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(rememberTexts)
}

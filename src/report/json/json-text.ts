import { escapeJson } from '../text/escape-control.ts'

/** A document as indented JSON that is safe to print. */
export function jsonText(document: object): string {
  return `${escapeJson(JSON.stringify(document, null, 2))}\n`
}

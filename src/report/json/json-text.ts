import { escapeJson } from '../text/escape-control.ts'

/** An object as JSON on one line that is safe to print. */
export function jsonLine(object: object): string {
  return `${escapeJson(JSON.stringify(object))}\n`
}

/** A document as indented JSON that is safe to print. */
export function jsonText(document: object): string {
  return `${escapeJson(JSON.stringify(document, null, 2))}\n`
}

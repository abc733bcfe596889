import { renderMarked, type Secret } from '../model/secret.ts'
import type { PlainValue, Value } from '../model/value.ts'

/** Renders a file of JSON: two spaces, keys in the order given, a newline at the end. */
export function renderJson(value: PlainValue): string
export function renderJson(value: Value): string | Secret
export function renderJson(value: Value): string | Secret {
  return renderMarked(value, plain, (text) => JSON.stringify(text).slice(1, -1))
}

function plain(value: Value): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

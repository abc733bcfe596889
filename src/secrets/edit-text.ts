import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { InternalError } from '../model/errors.ts'
import type { SecretEntry } from './secrets-file.ts'

type Section = 'recipients' | 'secrets'

/** The text of secrets.yaml with one entry set, on one line in its place by name. All other lines stay as they are. */
export function withEntry(text: string, section: Section, name: string, value: string | SecretEntry): string {
  const line = `${scalar(name)}: ${typeof value === 'string' ? scalar(value) : flowMap(value)}`
  const end = /\r\n/.test(text) ? '\r\n' : '\n'
  const found = sectionIn(text, section)
  if (found === undefined) return `${withFinalBreak(text, end)}${section}:${end}  ${line}${end}`
  if (found.map === undefined) {
    const at = lineEnd(text, found.at)
    const before = withFinalBreak(text.slice(0, at), end)
    return `${before.replace(/\{\s*\}[ \t]*(?=\r?\n$)/, '').replace(/[ \t]+(?=\r?\n$)/, '')}  ${line}${end}${text.slice(at)}`
  }
  const same = found.map.items.find((pair) => nameOf(pair) === name)
  if (same !== undefined) {
    const [start, stop] = extentOf(same)
    return text.slice(0, start) + line + text.slice(stop)
  }
  const [first] = found.map.items
  const indent = first === undefined ? '  ' : indentOf(text, extentOf(first)[0])
  const next = found.map.items.find((pair) => nameOf(pair) > name)
  const last = found.map.items.at(-1)
  if (next !== undefined) {
    const at = aboveComments(text, extentOf(next)[0])
    return `${text.slice(0, at)}${indent}${line}${end}${text.slice(at)}`
  }
  const at = last === undefined ? text.length : lineEnd(text, extentOf(last)[1])
  return `${withFinalBreak(text.slice(0, at), end)}${indent}${line}${end}${text.slice(at)}`
}

/** The text of secrets.yaml without one entry and its lines. */
export function withoutEntry(text: string, section: Section, name: string): string {
  const found = sectionIn(text, section)?.map?.items.find((pair) => nameOf(pair) === name)
  if (found === undefined) return text
  const [start, stop] = extentOf(found)
  return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, stop))
}

/** Whether the entries of a section are sorted by name. */
export function isSorted(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name)
}

/** A section, undefined if it is not there; without a map if it is empty. A section within braces cannot be edited by line. */
function sectionIn(text: string, section: Section) {
  const { contents } = parseDocument(text)
  const pair = isMap(contents) ? contents.items.find((one) => nameOf(one) === section) : undefined
  if (pair === undefined) return undefined
  const at = extentOf(pair)[1]
  if (!isMap(pair.value) || pair.value.items.length === 0) return { at, map: undefined }
  return { at, map: pair.value as YAMLMap }
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.source ?? key.value) : ''
}

/** From the key to the end of the value, without a comment behind it. */
function extentOf({ key, value }: Pair): readonly [number, number] {
  const start = rangeOf(key)?.[0]
  if (start === undefined) throw new InternalError('an entry of secrets.yaml has no place')
  return [start, endOf(value) ?? endOf(key) ?? start]
}

/** The range of a map in block style would include what follows its last value. */
function endOf(node: unknown): number | undefined {
  const last = isMap(node) && node.flow !== true ? node.items.at(-1) : undefined
  return last === undefined ? rangeOf(node)?.[1] : (endOf(last.value) ?? endOf(last.key))
}

function rangeOf(node: unknown): readonly number[] | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? node.range
    : undefined
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Behind the line break. */
function lineEnd(text: string, at: number): number {
  // The range of a block may include its last line break.
  const end = text.indexOf('\n', text[at - 1] === '\n' ? at - 1 : at)
  return end < 0 ? text.length : end + 1
}

function indentOf(text: string, at: number): string {
  return text.slice(lineStart(text, at), at)
}

/** The start of the line, or of the comments directly above it. */
function aboveComments(text: string, at: number): number {
  let start = lineStart(text, at)
  while (start > 0 && /^[ \t]*#/.test(text.slice(lineStart(text, start - 1), start)))
    start = lineStart(text, start - 1)
  return start
}

function withFinalBreak(text: string, end: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}${end}`
}

/** The members in the order in which they are read best, the longest last. */
const order = ['kind', 'length', 'bytes', 'authority', 'days', 'next', 'public', 'certificate', 'previous']

function flowMap(entry: SecretEntry): string {
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  const members = Object.entries(entry)
    .toSorted(([one], [other]) => rank(one) - rank(other))
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? value : scalar(value)}`)
  return `{ ${members.join(', ')} }`
}

/** Text that every reader takes for text, within braces too; quoted if in doubt. */
function scalar(text: string): string {
  const isPlain =
    /^[A-Za-z+/](?:[\w+/=.@ -]*[\w+/=])?$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain ? text : JSON.stringify(text)
}

import type { LineCounter } from 'yaml'
import type { Position, TextLine } from '../../model/diagnostic.ts'
import type { Path } from '../../model/path.ts'
import { isList, isMap, type Value, type ValueMap } from '../../model/value.ts'
import { type Cut, cutMap } from './cut.ts'
import type { Place, Places } from './places.ts'

/** A part of an entry: its key, its value, a piece of its text at an offset of that, or a line of its text. */
export type Part =
  | 'key'
  | 'value'
  | { readonly within: string; readonly at: number }
  | { readonly line: TextLine }

/** A spec as written: plain data (frozen maps without prototype) with the position of every entry. */
export interface Document {
  readonly file: string
  readonly data: ValueMap
  /** The file in which the entry at a path stands. */
  fileOf(path: Path): string
  /** The position of the entry at a path, if there is one. The empty path is the start of the file. */
  locate(path: Path, part: Part): Position | undefined
  /** A plain (unquoted) scalar exactly as written, such as `0644` or `3.10`. */
  source(path: Path): string | undefined
  /** The document without its invalid parts, so that later stages can continue and find more mistakes. */
  without(cuts: readonly Cut[]): Document
}

export interface DocumentParts {
  readonly file: string
  readonly text: string
  readonly data: ValueMap
  readonly places: Places
  readonly lines: LineCounter
}

export function createDocument({ file, text, data, places, lines }: DocumentParts): Document {
  const placeAt = (path: Path): Place | undefined => {
    const last = path.at(-1)
    if (last === undefined) return { value: [0, 1] }
    const container = valueAt(data, path.slice(0, -1))
    if (container === null || typeof container !== 'object') return undefined
    return places.get(container)?.get(String(last))
  }
  return {
    file,
    data,
    fileOf: () => file,
    locate(path, part) {
      const place = placeAt(path)
      if (place === undefined) return undefined
      const value = typeof part === 'object' ? valueAt(data, path) : undefined
      return positionAt(rangeOf(place, part, text, value), { file, text, lines })
    },
    source: (path) => placeAt(path)?.source,
    without: (cuts) => createDocument({ file, text, data: cutMap(data, cuts, places), places, lines }),
  }
}

/** The position of a range of offsets; its length ends with its first line. */
export function positionAt(
  [start, end]: readonly [number, number],
  { file, text, lines }: Pick<DocumentParts, 'file' | 'text' | 'lines'>,
): Position {
  const { line, col } = lines.linePos(start)
  const firstLine = (text.slice(start, end).split('\n', 1)[0] ?? '').trimEnd()
  // An empty file has no line yet for the counter.
  return { file, line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(firstLine.length, 1) }
}

/** A line of a text within what was written at an offset: of a block, else wherever it has the same words. */
function lineRange(
  written: string,
  { number, text }: TextLine,
  start: number,
): readonly [number, number] | undefined {
  const lines = written.split('\n')
  // The first line of a block is its `|`.
  const own = /^[|>]/.test(written) ? number : -1
  const found = lines[own]?.includes(text) ? own : lines.findIndex((line) => line.includes(text))
  const index = found < 0 ? own : found
  const line = lines[index]
  if (line === undefined) return undefined
  const before = lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0)
  const column = Math.max(line.indexOf(text), line.length - line.trimStart().length, 0)
  const length = line.includes(text) ? text.length : line.trim().length
  return [start + before + column, start + before + column + length]
}

/** The value at a path, if there is one. */
export function valueAt(root: Value, path: Path): Value | undefined {
  let value: Value | undefined = root
  for (const part of path) value = value === undefined ? undefined : childOf(value, part)
  return value
}

/** The entry of a map or list, by key or index, if there is one. */
export function childOf(value: Value, part: string | number): Value | undefined {
  if (isMap(value)) return Object.hasOwn(value, part) ? value[part] : undefined
  if (isList(value)) return /^\d+$/.test(String(part)) ? value[Number(part)] : undefined
  return undefined
}

function rangeOf(
  place: Place,
  part: Part,
  text: string,
  value: Value | undefined,
): readonly [number, number] {
  const [start, end] = place.value
  if (part === 'key' || start === end) return place.key ?? place.value
  if (part === 'value') return place.value
  if ('line' in part) return lineRange(text.slice(start, end), part.line, start) ?? place.value
  // The text as written differs from its value in indentation, line breaks and escapes, but not in how often it has a
  // piece of one line.
  const [piece = ''] = part.within.split('\n', 1)
  const before = typeof value === 'string' ? value.slice(0, part.at).split(piece).length - 1 : 0
  let at = -1
  for (let count = 0; count <= before; count++) {
    const next = text.slice(start, end).indexOf(piece, at + 1)
    if (next < 0) return place.value
    at = next
  }
  return [start + at, start + at + piece.length]
}

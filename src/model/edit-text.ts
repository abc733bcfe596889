import { Type } from 'typebox'
import { closed, type Data, describe, Text } from './schema.ts'

/** A part of a text file that others own. */
export const Part = closed('Lines between two marker lines.', {
  begin: describe(Text, 'The line before it.'),
  end: describe(Text, 'The line after it.'),
  at: Type.Enum(['start', 'end'], { description: 'Where in the file a new one goes.' }),
})
export type Part = Data<typeof Part>

/** The largest file of which a part is changed: an answer of the host includes no larger content. */
export const largestEdited = 256 * 1024

export type Outcome<Result> = Result | { readonly problem: string }

/** What the part has in it, each line with its end; undefined if it is not in the text. */
export function partIn(text: string, part: Part): Outcome<{ readonly found: string | undefined }> {
  const { lines } = split(text)
  const place = placeOf(lines, part)
  if (place === 'damaged') return { problem: damaged(part) }
  const inner = place && lines.slice(place.begin + 1, place.end).map(bare)
  return { found: inner?.map((line) => `${line}\n`).join('') }
}

/**
 * The text with the part as wanted, or without it. All else stays as it is, byte for byte: new lines end as the first
 * line of the text does, and a text whose last line has no end keeps having none. `edits.sh` does the same on hosts.
 */
export function editText(
  text: string,
  part: Part,
  wanted: string | undefined,
): Outcome<{ readonly text: string }> {
  const { lines, isEnded } = split(text)
  const place = placeOf(lines, part)
  if (place === 'damaged') return { problem: damaged(part) }
  const lineEnd = lines[0]?.endsWith('\r') ? '\r' : ''
  const whole =
    wanted === undefined ? [] : [part.begin, ...split(wanted).lines, part.end].map((line) => line + lineEnd)
  const { begin, end } = place ?? beside(lines, part)
  const edited = [...lines.slice(0, begin), ...whole, ...lines.slice(end + 1)]
  return { text: edited.join('\n') + (edited.length > 0 && isEnded ? '\n' : '') }
}

/** What is around the content of a part in a file that has nothing else. */
export function partAlone({ begin, end }: Part): { readonly before: string; readonly after: string } {
  return { before: `${begin}\n`, after: `${end}\n` }
}

interface Place {
  readonly begin: number
  readonly end: number
}

function placeOf(lines: readonly string[], part: Part): Place | 'damaged' | undefined {
  const indexesOf = (marker: string) => lines.flatMap((line, index) => (bare(line) === marker ? [index] : []))
  const [begin, ...moreBegins] = indexesOf(part.begin)
  const [end, ...moreEnds] = indexesOf(part.end)
  if (begin === undefined && end === undefined) return undefined
  const isWhole = begin !== undefined && end !== undefined && begin < end
  return isWhole && moreBegins.length + moreEnds.length === 0 ? { begin, end } : 'damaged'
}

function beside(lines: readonly string[], { at }: Part): Place {
  return at === 'start' ? { begin: 0, end: -1 } : { begin: lines.length, end: lines.length - 1 }
}

function damaged({ begin, end }: Part): string {
  return `the lines \`${begin}\` and \`${end}\` are not there once each, in this order`
}

function split(text: string): { readonly lines: readonly string[]; readonly isEnded: boolean } {
  if (text === '') return { lines: [], isEnded: true }
  const isEnded = text.endsWith('\n')
  return { lines: (isEnded ? text.slice(0, -1) : text).split('\n'), isEnded }
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

import { Type } from 'typebox'
import { closed, type Data, describe, FilledText, flag, optional, Text } from './schema.ts'

const at = Type.Enum(['start', 'end'], { description: 'Where in the file a new one goes.' })

const Block = closed('Lines between two marker lines.', {
  // Releases that know only blocks record none, and read none.
  kind: optional(Type.Never(), 'None, as in what releases recorded that knew no other part.'),
  begin: describe(Text, 'The line before it.'),
  end: describe(Text, 'The line after it.'),
  at,
})

const Line = closed('One line.', {
  kind: describe(Type.Literal('line'), 'What it is.'),
  text: describe(FilledText, 'By what it is found.'),
  match: Type.Enum(['whole', 'start'], {
    description: 'Whether the line is this text, or begins with it after blanks.',
  }),
  at,
})

const Setting = closed('The value of a key in an ini or env file.', {
  kind: describe(Type.Literal('setting'), 'What it is.'),
  section: optional(FilledText, 'Before the first section if absent.'),
  key: describe(FilledText, 'The key, without the blanks around it.'),
  separator: describe(FilledText, 'What a new line has between key and value.'),
  sectionGoes: flag('A section that has nothing else in it is removed with it.'),
})
export type Setting = Data<typeof Setting>

/** A part of a text file that others own. */
export const Part = Type.Union([Block, Line, Setting], {
  description: 'A block (without a kind), a line or a setting.',
})
export type Part = Data<typeof Part>

/** The largest file of which a part is changed: an answer of the host includes no larger content. */
export const largestEdited = 256 * 1024

export type Outcome<Result> = Result | { readonly problem: string }

/** By what a part is told from the others in its file. */
export function partLabel(part: Part): string {
  if (part.kind === undefined) return part.begin
  switch (part.kind) {
    case 'line':
      return part.text
    case 'setting':
      return part.section === undefined ? part.key : `[${part.section}] ${part.key}`
  }
}

/** What the part has in it, each line with its end; undefined if it is not in the text. */
export function partIn(text: string, part: Part): Outcome<{ readonly found: string | undefined }> {
  const place = placeOf(split(text).lines, part)
  return 'problem' in place ? place : { found: place.found?.map((line) => `${line}\n`).join('') }
}

/**
 * The text with the part as wanted, or without it. All else stays as it is, byte for byte: new lines end as the first
 * line of the text does, what is changed ends as before, a byte order mark stays first, and a text whose last line has
 * no end keeps having none. `edits.sh` does the same on hosts.
 */
export function editText(
  text: string,
  part: Part,
  wanted: string | undefined,
): Outcome<{ readonly text: string }> {
  const { mark, lines, lineEnd, isEnded, isCut } = split(text)
  const place = placeOf(lines, part)
  if ('problem' in place) return place
  const { start, own, alone = [], several } = place
  const inner = wanted === undefined ? undefined : linesOf(wanted)
  if (inner !== undefined && several !== undefined)
    return inner.every((line, index) => line === place.found?.[index]) ? { text } : { problem: several }
  const gone = new Set(inner === undefined ? [...own, ...alone] : own)
  const whole = inner === undefined ? [] : place.whole(inner).map((line) => line + (place.lineEnd ?? lineEnd))
  const stays = (_: string, index: number): boolean => !gone.has(index)
  const edited = [
    ...lines.slice(0, start).filter(stays),
    ...whole,
    ...lines.slice(start).filter((line, index) => stays(line, index + start)),
  ].join('\n')
  if (isCut) return { text: mark + bare(edited) }
  return { text: mark + edited + (isEnded && lines.length - gone.size + whole.length > 0 ? '\n' : '') }
}

/** The part as its undo removes it from this text again: a section that came with it leaves with it. */
export function undonePart(text: string, part: Part): Part {
  if (part.kind !== 'setting' || part.section === undefined) return part
  const isThere = split(text).lines.some((line) => sectionOf(bare(line)) === part.section)
  return isThere ? part : { ...part, sectionGoes: true }
}

/** Whether two parts are the same line of a text, or share one. */
export function shareLine(text: string, one: Part, other: Part): boolean {
  const { lines } = split(text)
  const [mine, theirs] = [placeOf(lines, one), placeOf(lines, other)]
  if ('problem' in mine || 'problem' in theirs) return false
  return mine.own.some((index) => theirs.own.includes(index))
}

/** Whether a part would be found in a file that has nothing but another one with this in it. */
export function isFoundIn(part: Part, other: Part, content: string): boolean {
  const whole = editText('', other, content)
  const inside = 'text' in whole ? partIn(whole.text, part) : whole
  return 'problem' in inside || inside.found !== undefined
}

/** Whether its line and its section are found again as they are made. */
export function isReadBack(part: Setting): boolean {
  const { section, key, separator } = part
  const line = `${key}${separator}`
  const isNamed = section === undefined || sectionOf(`[${section}]`) === section
  const sign = signOf(separator)
  if (sign === '' ? /[ \t]/.test(key) : key.includes(sign)) return false
  return isNamed && sectionOf(line) === undefined && valueStart(line, part) === line.length
}

interface Place {
  /** Before which line it goes. */
  readonly start: number
  /** The lines that it is in, by index. */
  readonly own: readonly number[]
  /** The lines that leave with it. */
  readonly alone?: readonly number[]
  /** What is in it; undefined if it is not there. */
  readonly found: readonly string[] | undefined
  /** Its lines with this in it. */
  whole(inner: readonly string[]): readonly string[]
  /** How its lines end, if not as those of the text do. */
  readonly lineEnd?: string
  /** Why it cannot become another one: it is there more than once. */
  readonly several?: string
}

function placeOf(lines: readonly string[], part: Part): Outcome<Place> {
  if (part.kind === undefined) return blockIn(lines, part)
  switch (part.kind) {
    case 'line':
      return lineIn(lines, part)
    case 'setting':
      return settingIn(lines, part)
  }
}

function blockIn(lines: readonly string[], { begin, end, at }: Data<typeof Block>): Outcome<Place> {
  // What is put back has the end that the lines of the text have, and is read as it was.
  const inside = lines.map((line) => line.replace(/\r+$/, ''))
  const indexesOf = (marker: string) => indexesWhere(inside, (line) => line === marker)
  const [first, ...moreBegins] = indexesOf(begin)
  const [last, ...moreEnds] = indexesOf(end)
  const whole = (inner: readonly string[]) => [begin, ...inner, end]
  if (first === undefined && last === undefined)
    return { start: at === 'start' ? 0 : lines.length, own: [], found: undefined, whole }
  if (first === undefined || last === undefined || first > last || moreBegins.length + moreEnds.length > 0)
    return { problem: `the lines \`${begin}\` and \`${end}\` are not there once each, in this order` }
  const own = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return { start: first, own, found: inside.slice(first + 1, last), whole }
}

function lineIn(lines: readonly string[], { text, match, at }: Data<typeof Line>): Outcome<Place> {
  const own = indexesWhere(lines, (line) =>
    match === 'whole' ? line === text : trimStart(line).startsWith(text),
  )
  const whole = (inner: readonly string[]) => inner
  const [start] = own
  if (start === undefined) return { start: at === 'start' ? 0 : lines.length, own, found: undefined, whole }
  const several = `${linesWords(own)} begin with \`${text}\``
  const found = own.map((index) => bare(lines[index] ?? ''))
  if (new Set(found).size > 1) return { problem: several }
  return { start, own, found, whole, lineEnd: lineEndOf(lines[start]), ...(own.length > 1 && { several }) }
}

function settingIn(lines: readonly string[], part: Setting): Outcome<Place> {
  const { section, key, separator, sectionGoes } = part
  const own: number[] = []
  let isInside = section === undefined
  let isThere = isInside
  let start = isInside ? 0 : lines.length
  for (const [index, ended] of lines.entries()) {
    const line = bare(ended)
    const name = sectionOf(line)
    if (name !== undefined) isInside = section !== undefined && name === section
    if (!isInside || isBlank(line)) continue
    isThere = true
    start = index + 1
    if (name === undefined && valueStart(line, part) !== undefined) own.push(index)
  }
  const [first] = own
  if (first === undefined) {
    const header = isThere ? [] : [`[${section}]`]
    return { start, own, found: undefined, whole: ([value]) => [...header, `${key}${separator}${value}`] }
  }
  if (own.length > 1) return { problem: `${linesWords(own)} set \`${key}\`` }
  const line = bare(lines[first] ?? '')
  if (line.endsWith('\\')) return { problem: `line ${first + 1} goes on in the next one` }
  const from = valueStart(line, part)
  return {
    start: first,
    own,
    alone: sectionGoes === true ? headerAround(lines, first) : [],
    found: [line.slice(from)],
    whole: ([value]) => [line.slice(0, from) + value],
    lineEnd: lineEndOf(lines[first]),
  }
}

/** The header of the section that a line is in, if there is nothing else in that. */
function headerAround(lines: readonly string[], own: number): readonly number[] {
  const headers = indexesWhere(lines, (line) => sectionOf(line) !== undefined)
  const header = headers.findLast((index) => index < own)
  const next = headers.find((index) => index > own)
  const others = lines.slice(header, next).filter((line) => !isBlank(bare(line)))
  return header !== undefined && others.length === 2 ? [header] : []
}

/** The name of the section that a line begins; null if that is not known, undefined if it begins none. */
function sectionOf(line: string): string | null | undefined {
  const text = trimStart(line)
  if (!text.startsWith('[')) return undefined
  for (let end = text.indexOf(']'); end !== -1; end = text.indexOf(']', end + 1))
    if (/^[ \t]*($|[#;])/.test(text.slice(end + 1))) return text.slice(1, end)
  return null
}

/** Where the value of the key begins in a line, behind what the line has before it; undefined if it is of no such key. */
function valueStart(line: string, { section, key, separator }: Setting): number | undefined {
  const sign = signOf(separator)
  const plain = trimStart(line)
  const exported = section === undefined && sign === '=' ? plain.replace(/^export[ \t]+/, '') : plain
  for (const text of [plain, exported]) {
    if (!text.startsWith(key)) continue
    const rest = text.slice(key.length)
    const behind = trimStart(rest)
    if (sign === '' ? behind === rest : !behind.startsWith(sign)) continue
    return line.length - trimStart(behind.slice(sign.length)).length
  }
  return undefined
}

/** A separator without the blanks around it. */
function signOf(separator: string): string {
  return separator.replaceAll(/^[ \t]+|[ \t]+$/g, '')
}

function indexesWhere(lines: readonly string[], isOne: (line: string) => boolean): readonly number[] {
  return lines.flatMap((line, index) => (isOne(bare(line)) ? [index] : []))
}

function linesWords(indexes: readonly number[]): string {
  const numbers = indexes.slice(0, 5).map((index) => index + 1)
  return `lines ${numbers.join(', ')}${indexes.length > numbers.length ? ', ...' : ''}`
}

interface Split {
  readonly mark: string
  readonly lines: readonly string[]
  readonly lineEnd: string
  readonly isEnded: boolean
  /** Whether the last line, which has no end, was given the carriage return that it would have before one. */
  readonly isCut: boolean
}

function split(text: string): Split {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const body = text.slice(mark.length)
  const isEnded = body === '' || body.endsWith('\n')
  const lines = linesOf(body)
  const lineEnd = lineEndOf(lines[0])
  const isCut = !isEnded && lineEnd !== '' && !body.endsWith('\r')
  return { mark, lines: linesOf(isCut ? `${body}\r` : body), lineEnd, isEnded, isCut }
}

function linesOf(text: string): readonly string[] {
  if (text === '') return []
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

function lineEndOf(line: string | undefined): string {
  return line?.endsWith('\r') === true ? '\r' : ''
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function isBlank(line: string): boolean {
  return trimStart(line) === ''
}

/** Without the blanks before it; those of other alphabets are none to the programs of hosts. */
function trimStart(text: string): string {
  return text.replace(/^[ \t]+/, '')
}

import { isCollection, visit, type YAMLError, type Document as YamlDocument } from 'yaml'
import type { Mistake } from '../../model/diagnostic.ts'
import { foreignCharacter } from '../../validation/foreign-character.ts'
import { clusterKeys } from '../schema/cluster-schema.ts'
import { unquoted } from './unquoted.ts'

/** What is wrong with a text that is not YAML, in the words of those who write it. */
export interface SyntaxMistake extends Mistake {
  readonly range: readonly [number, number]
}

interface Line {
  readonly start: number
  readonly text: string
  readonly indent: number
}

interface Context {
  readonly text: string
  readonly yaml: YamlDocument.Parsed
  readonly error: YAMLError
  /** The line of the error. */
  readonly line: Line
  /** The lines above it that hold something, nearest first. */
  readonly above: readonly Line[]
  readonly below: Line | undefined
}

/** The parser goes on after its first error, and then mistakes what it reads: only errors within a scalar have no followers. */
const withoutFollowers: readonly string[] = ['BAD_DQ_ESCAPE', 'BAD_SCALAR_START']

/** The mistakes that made the parser fail, without those that only follow from an earlier one. */
export function syntaxMistakes(text: string, yaml: YamlDocument.Parsed): readonly SyntaxMistake[] {
  const whole = wholeTextMistake(text)
  if (whole !== undefined) return [whole]
  const errors = yaml.errors
    .concat(
      yaml.warnings.filter(({ code }) => code === 'BAD_DIRECTIVE').slice(0, yaml.errors.length === 0 ? 1 : 0),
    )
    .toSorted((one, other) => startOf(one, yaml) - startOf(other, yaml))
  const end = errors.findIndex(({ code }) => !withoutFollowers.includes(code))
  const within = errors.slice(0, end < 0 ? errors.length : end)
  const first = errors[within.length]
  return [
    ...within
      .map((error) => badStart(error, text) ?? badEscape(error, text))
      .filter((mistake) => mistake !== undefined),
    ...(first === undefined ? [] : [mistakeOf(contextOf(text, yaml, first))]),
  ]
}

/** An open quote is only noticed at the end of the text. */
function startOf(error: YAMLError, yaml: YamlDocument.Parsed): number {
  return isOpenQuote(error) ? (quotedEndingAt(error.pos[0], yaml)?.[0] ?? error.pos[0]) : error.pos[0]
}

function isOpenQuote({ message }: YAMLError): boolean {
  return message.startsWith('Missing closing')
}

/** Mistakes of a whole text, after which the parser's errors mean nothing. */
function wholeTextMistake(text: string): SyntaxMistake | undefined {
  const zero = /\0+/.exec(text)
  if (zero !== null) {
    const hint = 'the file may be damaged, as after a power cut: restore it, or remove them'
    return at(zero.index, zero[0].length, 'NUL characters are not text', hint)
  }
  const mark = /^(?:<{7}|\|{7}|={7}|>{7})(?=\s|$).*$/m.exec(text)
  if (mark !== null) {
    const message = 'this is a mark of an unresolved merge conflict'
    return at(
      mark.index,
      mark[0].trimEnd().length,
      message,
      'keep one side, and remove the lines of the marks',
    )
  }
  const lines = linesOf(text)
  const flush = lines.find((line, index) => isFlushText(line, lines[index - 1]))
  if (flush !== undefined) return underIndented(flush, lines[lines.indexOf(flush) - 1] ?? flush)
  if (!text.includes('\n') && /\r./s.test(text)) {
    const hint = 'save the file with Unix line ends (LF)'
    return at(text.indexOf('\r'), 1, 'lines end with a carriage return only', hint)
  }
  const statement = /^[ \t]*(\{%.*?%\}|<%.*?%>|\{\{[-#/].*?\}\})/m.exec(text)
  if (statement?.[1] !== undefined) {
    const start = statement.index + statement[0].length - statement[1].length
    const hint =
      'use environments and roles for what differs, and expressions such as "{{host.name}}" for values'
    return at(
      start,
      statement[1].length,
      `${statement[1]} belongs to a template language; a spec is plain YAML`,
      hint,
    )
  }
  const [first, ...rest] = lines.filter(holdsSomething)
  const outer = rest.find(({ indent, text: line }) => indent === 0 && !/^(?:---|\.\.\.)/.test(line))
  if (first !== undefined && first.indent > 0 && !first.text.startsWith('\t') && outer !== undefined) {
    const key = keyOf(first.text)
    const message = `${key} is indented by ${blanks(first.indent)}, and ${keyOf(outer.text)} is not`
    return at(
      first.start,
      first.indent,
      message,
      `remove the ${first.indent === 1 ? 'blank' : 'blanks'} before ${key}`,
    )
  }
  return undefined
}

function mistakeOf(context: Context): SyntaxMistake {
  const found = textMistakes.map((find) => find(context)).find((mistake) => mistake !== undefined)
  if (found !== undefined) return found
  const hint = 'check the indentation, the quotes and the brackets of this line and of the one above'
  const [start, end] = context.error.pos
  return at(start, Math.max(end - start, 1), 'this is not YAML', hint)
}

/** In order: what a character shows comes before what the parser says about it. */
const textMistakes: readonly ((context: Context) => SyntaxMistake | undefined)[] = [
  tabIndent,
  foreignSign,
  foreignComment,
  textWithoutBar,
  openQuote,
  bareExpression,
  shellVariable,
  bracketInText,
  strayClose,
  openBracket,
  ({ error, text }) => badStart(error, text),
  afterBlockHeader,
  afterQuote,
  missingComma,
  listOnKeyLine,
  blockText,
  missingBlank,
  missingColon,
  colonInText,
  wrongIndent,
]

function tabIndent({ line, error, above }: Context): SyntaxMistake | undefined {
  for (const { start, text } of [line, ...above.slice(0, 1)]) {
    const tabs = /^( *)(\t+)/.exec(text)
    if (tabs === null || (start !== line.start && error.code === 'TAB_AS_INDENT')) continue
    const [, spaces = '', tab = ''] = tabs
    return at(start + spaces.length, tab.length, 'tabs cannot indent YAML', 'indent with spaces')
  }
  if (error.code !== 'TAB_AS_INDENT') return undefined
  return at(error.pos[0], 1, 'tabs cannot indent YAML', 'indent with spaces')
}

function foreignSign({ line, above }: Context): SyntaxMistake | undefined {
  for (const { start, text } of [line, ...above.slice(0, 1)]) {
    const bare = unquoted(text)
    const blank = foreignCharacter(bare, 'blank')
    if (blank !== undefined) {
      return at(start + blank.at, 1, `this is a ${blank.name}, not a space`, 'replace it with a space')
    }
    const quote = foreignCharacter(bare, 'quote')
    if (quote !== undefined && /(?:^|[:[{,-]\s+)$/.test(bare.slice(0, quote.at))) {
      return at(start + quote.at, 1, `this is a ${quote.name}, which quotes nothing`, `write " or '`)
    }
  }
  return undefined
}

function foreignComment({ line, above }: Context): SyntaxMistake | undefined {
  for (const { start, text } of [line, ...above.slice(0, 1)]) {
    const sign = /(?<=^|[\s,{}[\]])\/[/*]|(?<=^\s*)(?:;|--)(?=\s)/.exec(unquoted(text))
    if (sign === null) continue
    const length = text.trimEnd().length - sign.index
    return at(start + sign.index, length, `${sign[0]} does not begin a comment`, 'begin it with #')
  }
  return undefined
}

function openQuote({ error, yaml, text }: Context): SyntaxMistake | undefined {
  const quoted = quotedEndingAt(error.pos[0], yaml)
  if (quoted === undefined) return undefined
  const [start, end] = quoted
  if (!isOpenQuote(error) && !text.slice(start, end).includes('\n')) return undefined
  const quote = text.charAt(start)
  const [first = ''] = text.slice(start).split('\n', 1)
  const message = isOpenQuote(error)
    ? `this ${quote} is never closed`
    : `this ${quote} is not closed in its line`
  return at(start, first.trimEnd().length, message, `add the closing ${quote}`)
}

/** The range of the quoted text that ends at an offset, or before blanks in front of it. */
function quotedEndingAt(offset: number, yaml: YamlDocument.Parsed): readonly [number, number] | undefined {
  let found: readonly [number, number] | undefined
  visit(yaml, {
    Scalar(_, node) {
      const [start, end] = node.range ?? [0, 0]
      const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
      if (isQuoted && start <= offset && end <= offset && (found === undefined || start > found[0]))
        found = [start, end]
    },
  })
  return found
}

function bareExpression({ line, above, error }: Context): SyntaxMistake | undefined {
  for (const { start, text } of [line, ...above.slice(0, 1)]) {
    const bare = /(?:^|[:[{,-]\s+|\{)(\{\{.*?\}\}(?:[^,\]}#{]|\{\{.*?\}\})*)/.exec(unquoted(text))
    if (bare?.[1] === undefined || start + text.length < error.pos[0] - 1) continue
    const from = bare.index + bare[0].length - bare[1].length
    const value = text.slice(from, from + bare[1].length).trimEnd()
    const message = `YAML reads ${/^\{\{.*?\}\}/.exec(value)?.[0]} as a map`
    return at(start + from, value.length, message, `put the whole value in quotes: "${value}"`)
  }
  return undefined
}

function shellVariable({ line, error }: Context): SyntaxMistake | undefined {
  const variable = /\$\{\w*\}?/.exec(unquoted(line.text))
  if (variable === null || line.start + variable.index > error.pos[1]) return undefined
  const message = `${variable[0]} is not expanded, and YAML reads its { as a map`
  const hint = 'environment variables are not read: write the value, or use an attribute and --set'
  return at(line.start + variable.index, variable[0].length, message, hint)
}

function strayClose({ error }: Context): SyntaxMistake | undefined {
  const [, kind] = /^Unexpected flow-(map|seq)-end token/.exec(error.message) ?? []
  if (kind === undefined) return undefined
  const [open, close] = kind === 'map' ? ['{', '}'] : ['[', ']']
  return at(error.pos[0], 1, `this ${close} closes nothing`, `remove it, or add the ${open} that it closes`)
}

/** Within { } and [ ], plain text ends at a bracket: `after: file[/b]`. */
function bracketInText({ error, text }: Context): SyntaxMistake | undefined {
  const [start] = error.pos
  const word = /[\w./@-]+$/.exec(text.slice(0, start))?.[0]
  const brackets = /^(?:\[[^\]\n]*\]|\{[^}\n]*\})/.exec(text.slice(start))?.[0]
  if (word === undefined || brackets === undefined) return undefined
  const written = `${word}${brackets}`
  const hint = `put it in quotes: "${written}"`
  return at(start - word.length, written.length, 'text with brackets needs quotes here', hint)
}

function openBracket({ error, yaml, text }: Context): SyntaxMistake | undefined {
  if (!/^Flow (?:map|sequence) in block collection/.test(error.message)) return undefined
  const isMap = error.message.startsWith('Flow map')
  const [open, close, wrong] = isMap ? ['{', '}', ']'] : ['[', ']', '}']
  if (text.startsWith(wrong, error.pos[0])) {
    return at(error.pos[0], 1, `this ${wrong} closes a ${open}`, `write ${close}`)
  }
  let start = error.pos[0]
  visit(yaml, {
    Collection(_, node) {
      const from = node.range?.[0] ?? 0
      if (isCollection(node) && node.flow === true && text.startsWith(open, from) && from < error.pos[0])
        start = from
    },
  })
  const [first = ''] = text.slice(start).split('\n', 1)
  const comment = /(?<=\s)#.*$/.exec(first)
  if (comment?.[0].includes(close)) {
    const message = `this # begins a comment, which has the closing ${close} in it`
    return at(start + comment.index, comment[0].length, message, 'put the text with # in quotes')
  }
  return at(start, first.trimEnd().length, `this ${open} is never closed`, `add the closing ${close}`)
}

function badStart(error: YAMLError, text: string): SyntaxMistake | undefined {
  if (!['BAD_SCALAR_START', 'BAD_ALIAS', 'BAD_DIRECTIVE'].includes(error.code)) return undefined
  const start = error.code === 'BAD_DIRECTIVE' ? text.lastIndexOf('\n', error.pos[0] - 1) + 1 : error.pos[0]
  const [value = ''] = /^[^,\]}\n]*/.exec(text.slice(start)) ?? []
  const written = value.replace(/\s+#.*$/, '').trimEnd()
  const message = `text cannot begin with ${text.charAt(start)} without quotes`
  return at(start, written.length, message, `put it in quotes: "${written}"`)
}

function badEscape(error: YAMLError, text: string): SyntaxMistake | undefined {
  if (error.code !== 'BAD_DQ_ESCAPE') return undefined
  const sequence = text.slice(error.pos[0], error.pos[0] + 2)
  const hint = `use '...', where a backslash is only a backslash, or double it: \\${sequence}`
  return at(error.pos[0], 2, `${sequence} is not an escape sequence in "..."`, hint)
}

function afterBlockHeader({ error, text, line }: Context): SyntaxMistake | undefined {
  const [, sign] = /(?:^|[:-]\s+)([|>])[^|>]*$/.exec(line.text) ?? []
  const isHeader =
    error.message.startsWith('Block scalar header') || error.message.startsWith('Not a YAML token')
  if (sign === undefined || !isHeader) return undefined
  const [rest = ''] = text.slice(error.pos[0]).split('\n', 1)
  const hint = `put it in the lines below, indented further than the key, or put the value in quotes`
  return at(error.pos[0], rest.trimEnd().length, `text cannot follow ${sign} in its line`, hint)
}

function afterQuote({ error, text, yaml }: Context): SyntaxMistake | undefined {
  if (!/^Unexpected .* at node end$/.test(error.message)) return undefined
  const before = text.slice(0, error.pos[0]).trimEnd().at(-1) ?? ''
  const [rest = ''] = text.slice(error.pos[0]).split('\n', 1)
  const follows = (hint: string) =>
    at(error.pos[0], rest.trimEnd().length, `text follows the closing ${before}`, hint)
  if ('}]'.includes(before)) return follows('remove it, or put the whole value in quotes')
  if (quotedEndingAt(error.pos[0], yaml) === undefined) return undefined
  if (before === "'") return follows(`double a ' within '...': ''`)
  return before === '"' ? follows('put a backslash before each " within "...", or use \'...\'') : undefined
}

function missingComma({ error, text, yaml }: Context): SyntaxMistake | undefined {
  if (error.message.startsWith('Missing , or : between')) {
    return at(error.pos[0], 1, 'a comma is missing before this', 'separate the elements with commas')
  }
  const isBlock = yaml.errors.some(({ code, pos }) => code === 'BLOCK_IN_FLOW' && pos[0] === error.pos[0])
  if (!isBlock && error.message !== 'Unexpected scalar token') return undefined
  const written = /^[^,\]}]*/.exec(text.slice(error.pos[0]))?.[0].trimEnd() ?? ''
  const next = /^(\S+\s+)(["']?[\w.-]+["']?\s*:\s.*)$/s.exec(written)
  if (next === null && isBlock) {
    const hint = `put the text in quotes: "${written}"`
    return at(error.pos[0], written.length, 'text with a colon and a blank needs quotes', hint)
  }
  const start = error.pos[0] + (next?.[1]?.length ?? 0)
  const key = keyOf(text.slice(start))
  return at(start, key.length, `a comma is missing before ${key}`, `separate the keys of { } with commas`)
}

function listOnKeyLine({ error, text }: Context): SyntaxMistake | undefined {
  if (!error.message.startsWith('Unexpected block-seq-ind')) return undefined
  const [rest = ''] = text.slice(error.pos[0]).split('\n', 1)
  const item = rest.replace(/^-\s*/, '').trimEnd()
  const message = 'a list cannot begin in the line of its key'
  return at(
    error.pos[0],
    rest.trimEnd().length,
    message,
    `put each item in a line of its own, or write [${item}]`,
  )
}

/** Text of `key: |` that is indented less than the block needs. */
function blockText({ line, above }: Context): SyntaxMistake | undefined {
  const index = above.findIndex(({ text }) => blockHeader.test(text))
  const header = above[index]
  if (header === undefined) return undefined
  const written = line.text.trim()
  const between = above.slice(0, index)
  if (between.length === 0) {
    return line.indent > header.indent ? undefined : underIndented(line, header)
  }
  const least = Math.min(...between.map(({ indent }) => indent))
  if (line.indent <= header.indent || line.indent >= least) return undefined
  const message = `the text of ${keyOf(header.text)}: is indented less here than in its first line`
  return at(
    line.start + line.indent,
    written.length,
    message,
    `indent it by ${blanks(between.at(-1)?.indent ?? 0)}`,
  )
}

/** Text of `key: |` in column 0, which may itself be YAML. */
function isFlushText({ text, indent }: Line, above: Line | undefined): boolean {
  if (above === undefined || above.indent === 0 || indent > 0 || !holdsSomething(above)) return false
  return blockHeader.test(above.text) && /^[^#.-]/.test(text) && !clusterKeys.has(keyOf(text))
}

function underIndented(line: Line, header: Line): SyntaxMistake {
  const message = `the text of ${keyOf(header.text)}: must be indented further than its key`
  const hint = `indent it by ${header.indent + 2} blanks`
  return at(line.start + line.indent, line.text.trim().length, message, hint)
}

/** Lines of another format below a key, which only a `|` makes text. */
function textWithoutBar({ line, above }: Context): SyntaxMistake | undefined {
  const index = above.findIndex(({ indent }) => indent < line.indent)
  const header = above[index]
  const opening = /:(?:\s+(\[.*\]))?\s*$/.exec(header?.text ?? '')
  if (header === undefined || opening === null) return undefined
  const key = keyOf(header.text)
  const lines = [line, ...above.slice(0, index)].map(({ text }) => text.trim())
  const isUnit = [opening[1] ?? '', ...lines].some((text) => /^\[[A-Z]\w*\]$/.test(text))
  if (!isUnit && key !== 'content') return undefined
  if (!lines.some((text) => /^[\w.-]+\s*=/.test(text))) return undefined
  const message = `the text of ${key}: has several lines, and no | before them`
  const hint = `write ${key}: | and the text, indented, in the lines below`
  return at(header.start + header.indent, header.text.trim().length, message, hint)
}

const blockHeader = /(?:^|[:-]\s+)[|>][-+\d]*\s*(?:#.*)?$/

function missingBlank({ line, error }: Context): SyntaxMistake | undefined {
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' && !/^\s*-\S/.test(line.text)) return undefined
  const [, before = '', , key, value] = /^(\s*(-\s+)*)([A-Za-z_][\w.-]*):([^\s/].*)$/.exec(line.text) ?? []
  if (key !== undefined && value !== undefined && !/:\s/.test(value)) {
    const message = `a blank is missing after ${key}:`
    return at(
      line.start + before.length,
      line.text.trim().length - before.trimStart().length,
      message,
      `write ${key}: ${value.trim()}`,
    )
  }
  const [, spaces = '', item] = /^(\s*)-([^\s-].*)$/.exec(line.text) ?? []
  if (item === undefined) return undefined
  return at(
    line.start + spaces.length,
    item.trimEnd().length + 1,
    'a blank is missing after the dash',
    `write - ${item.trim()}`,
  )
}

function missingColon({ line, error }: Context): SyntaxMistake | undefined {
  const isKey = error.code === 'MULTILINE_IMPLICIT_KEY' || error.message.startsWith('Implicit map keys')
  const written = line.text.trim()
  if (!isKey || /:(?:\s|$)/.test(written) || written.startsWith('- ')) return undefined
  const [, key = written, value = ''] = /^([A-Za-z_][\w.-]*)\s*=?\s*(.*)$/.exec(written) ?? []
  const start = line.start + line.indent
  return at(start, written.length, `a colon is missing after ${key}`, `write ${key}:${value && ` ${value}`}`)
}

function colonInText({ error, text, line, below }: Context): SyntaxMistake | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY' || error.message.startsWith('A block sequence')) return undefined
  const [start] = error.pos
  const [rest = ''] = text.slice(start).split('\n', 1)
  if (!/:(?:\s|$)/.test(rest)) {
    // The next line was read as the end of this one.
    if (below === undefined || below.indent <= line.indent) return undefined
    return tooDeep(below, line)
  }
  const written = rest.replace(/\s+#.*$/, '').trimEnd()
  const map = /^[a-z][\w-]*:\s+\S/.test(written) ? `; write a map as { ${written} }` : ''
  const message = 'text with a colon and a blank needs quotes'
  return at(start, written.length, message, `put text in quotes: ${quotedText(written)}${map}`)
}

function tooDeep(line: Line, sibling: Line): SyntaxMistake {
  const [, dash = ''] = /^\s*((?:-\s+)*)/.exec(sibling.text) ?? []
  const indent = sibling.indent + dash.length
  const key = keyOf(line.text)
  const message = `${key} is indented further than ${keyOf(sibling.text)} above it, which has a value`
  return at(line.start + line.indent, key.length, message, `indent it by ${blanks(indent)}`)
}

function wrongIndent({ line, above, error }: Context): SyntaxMistake | undefined {
  const isIndent = error.code === 'BAD_INDENT' || /without - indicator|^A block sequence/.test(error.message)
  if (!isIndent) return undefined
  const columns = openColumns(above)
  const written = line.text.trim()
  const isItem = /^-(?:\s|$)/.test(written)
  const same = columns.find(({ column }) => column === line.indent)
  const place = (message: string, hint: string) =>
    at(line.start + line.indent, (isItem ? written : keyOf(written)).length, message, hint)
  if (same !== undefined) {
    const name = keyOf(written)
    return isItem
      ? place('this item of a list is among the keys of a map', 'indent it below the key that it belongs to')
      : place(
          `${name} is among the items of a list`,
          'indent it below the item above, or begin it with a dash',
        )
  }
  const fitting = columns.filter(({ isItem: other }) => other === isItem)
  const near =
    fitting.findLast(({ column }) => column > line.indent) ??
    fitting.find(({ column }) => column < line.indent)
  const what = isItem ? 'this item' : keyOf(written)
  const other = near === undefined ? 'nothing above it is' : `${near.name} above it by ${near.column}`
  return place(`${what} is indented by ${blanks(line.indent)}, and ${other}`, 'indent both alike')
}

interface Column {
  readonly column: number
  readonly isItem: boolean
  readonly name: string
}

/** Where the keys and items begin that a line could continue, innermost first. */
function openColumns(above: readonly Line[]): readonly Column[] {
  const columns: Column[] = []
  let least = Number.POSITIVE_INFINITY
  for (const { text, indent } of above) {
    if (indent >= least) continue
    least = indent
    const [, dashes = ''] = /^\s*((?:-\s+)*)/.exec(text) ?? []
    const name = keyOf(text)
    if (!/^-?\s*$/.test(text.slice(indent + dashes.length)))
      columns.push({ column: indent + dashes.length, isItem: false, name })
    if (dashes !== '') columns.push({ column: indent, isItem: true, name })
    if (indent === 0) break
  }
  return columns
}

function contextOf(text: string, yaml: YamlDocument.Parsed, error: YAMLError): Context {
  const lines = linesOf(text)
  // An error at the end of the text belongs to the last line, and one at a comment to what follows it.
  const offset = Math.min(error.pos[0], text.trimEnd().length)
  const own = lines.findLastIndex(({ start }) => start <= offset)
  const index = Math.max(
    own,
    lines.findIndex((line, at) => at >= own && holdsSomething(line)),
  )
  const line = lines[index] ?? { start: 0, text: '', indent: 0 }
  const above = lines.slice(0, Math.max(index, 0)).filter(holdsSomething).reverse()
  return { text, yaml, error, line, above, below: lines.slice(index + 1).find(holdsSomething) }
}

function linesOf(text: string): readonly Line[] {
  let start = 0
  return text.split('\n').map((line) => {
    const found = { start, text: line.replace(/\r$/, ''), indent: /^ */.exec(line)?.[0].length ?? 0 }
    start += line.length + 1
    return found
  })
}

function holdsSomething({ text }: Line): boolean {
  return !/^\s*(?:#.*)?$/.test(text) && !text.startsWith('%')
}

/** The key of a line, or its first words. */
function keyOf(line: string): string {
  const [, key] = /^\s*(?:-\s+)*("[^"]*"|'[^']*'|[^\s:#][^:#\n]*?)\s*(?::|$)/m.exec(line) ?? []
  return key ?? line.trim()
}

function blanks(count: number): string {
  return count === 1 ? '1 blank' : `${count} blanks`
}

function quotedText(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`
}

function at(start: number, length: number, message: string, hint: string): SyntaxMistake {
  return { range: [start, start + Math.max(length, 1)], message, hint }
}

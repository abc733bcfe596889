import type { Mistake } from '../../model/diagnostic.ts'
import {
  checkDirectiveName,
  checkSectionName,
  type UnitSyntax,
  unitSyntax,
  unknownUnitType,
} from './names.ts'
import { checkQuotes } from './open-quote.ts'
import { unreadableCharacter } from './text.ts'

/** A problem at a line of the text, counted from 1; a continued line counts as the line where it begins. */
export interface UnitTextProblem extends Mistake {
  readonly line: number
}

interface LogicalLine {
  readonly line: number
  readonly text: string
}

/**
 * Checks the text of a unit file or drop-in as systemd reads it (`config_parse` in its conf-parser.c): unknown
 * sections and directives, misplaced ones, and lines that it would skip with a warning.
 */
export function checkUnitText(text: string, fileName: string): readonly UnitTextProblem[] {
  const syntax = unitSyntax(fileName)
  if (syntax === undefined) return [{ line: 1, ...unknownUnitType(fileName) }]
  const lines = physicalLines(text)
  const problems = [...lines.flatMap((line) => checkCharacters(syntax, line)), ...checkLines(syntax, lines)]
  return problems.sort((one, other) => one.line - other.line)
}

function physicalLines(text: string): readonly LogicalLine[] {
  const withoutByteOrderMark = text.replace(/^\uFEFF/, '')
  return withoutByteOrderMark
    .split(/\r\n|\n\r|[\n\r]/)
    .map((line, index) => ({ line: index + 1, text: line }))
}

function checkCharacters({ fileName }: UnitSyntax, { line, text }: LogicalLine): readonly UnitTextProblem[] {
  const unreadable = unreadableCharacter(text)
  if (unreadable !== undefined) {
    const message = `${fileName}: the character ${unreadable}, which systemd refuses`
    return [{ line, message, hint: 'remove it' }]
  }
  if (!/^\s*[^\s#;].*\\\s+$/.test(text)) return []
  const message = `${fileName}: white space after the backslash that should continue the line`
  return [{ line, message, hint: 'remove it: older versions of systemd do not continue such a line' }]
}

function checkLines(syntax: UnitSyntax, lines: readonly LogicalLine[]): readonly UnitTextProblem[] {
  const problems: UnitTextProblem[] = []
  let section: { readonly name: string; readonly known: boolean } | undefined
  for (const { line, text } of logicalLines(lines)) {
    const report = (problem: Mistake | undefined) => {
      if (problem !== undefined) problems.push({ line, ...problem })
    }
    const header = /^\[(.*)\]$/.exec(text)?.[1]
    if (header !== undefined) {
      const problem = checkSectionName(syntax, header)
      report(problem)
      section = { name: header, known: problem === undefined }
      continue
    }
    const [, directive, value = ''] = /^([^=]*?)\s*=(.*)$/s.exec(text) ?? []
    if (text.startsWith('['))
      report({
        message: `${syntax.fileName}: '${text}' is not a section header`,
        hint: 'a header is [Name], alone on its line',
      })
    else if (directive === undefined || directive === '')
      report({
        message: `${syntax.fileName}: '${text}' is not an assignment`,
        hint: 'write Directive=value, start a comment with #, or end the previous line with a backslash',
      })
    else if (section === undefined)
      report({
        message: `${syntax.fileName}: ${directive}= comes before the first section`,
        hint: 'put a header such as [Unit] above it',
      })
    else if (section.known)
      report(
        checkDirectiveName(syntax, section.name, directive) ?? checkQuotes(syntax.fileName, directive, value),
      )
  }
  return problems
}

/** Continued lines joined, trimmed, without comments and empty lines. */
function logicalLines(lines: readonly LogicalLine[]): readonly LogicalLine[] {
  const logical: LogicalLine[] = []
  let continued: LogicalLine | undefined
  for (const { line, text } of lines) {
    // Comments are skipped before continuations are looked at, also in the middle of one.
    if (/^\s*[#;]/.test(text)) continue
    const whole: LogicalLine = { line: continued?.line ?? line, text: (continued?.text ?? '') + text }
    if (/(?<!\\)(\\\\)*\\$/.test(whole.text)) {
      continued = { ...whole, text: `${whole.text.slice(0, -1)} ` }
      continue
    }
    continued = undefined
    logical.push(whole)
  }
  if (continued !== undefined) logical.push(continued)
  return logical.map(({ line, text }) => ({ line, text: text.trim() })).filter(({ text }) => text !== '')
}

import type { Diagnostic, Position } from '../../model/diagnostic.ts'
import { escapeLine } from './escape-control.ts'
import type { Style } from './style.ts'
import { commaList, count } from './words.ts'

/**
 * Diagnostics as text, by file and position, each with its source line:
 *
 *     cluster.yaml:4:9 error: there is no role wbe [unknown-role]
 *       4 | roles: [wbe]
 *         |         ^^^
 *       did you mean web?
 *
 * `sources` holds the text of the files that could be read; the last line counts errors and warnings.
 */
export function renderDiagnostics(options: {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: ReadonlyMap<string, string>
  readonly style: Style
}): string {
  const { diagnostics, sources, style } = options
  const lines: Lines = new Map([...sources].map(([file, text]) => [file, text.split('\n')]))
  const frames = diagnostics
    .toSorted(bySeverity)
    .slice(0, maxShown)
    .toSorted(byPosition)
    .map((diagnostic) => `${renderDiagnostic(diagnostic, lines, style).join('\n')}\n`)
  const more = diagnostics.length - frames.length
  const rest = more === 0 ? '' : `, of which ${maxShown} are shown`
  return [...frames, `${summariseDiagnostics(diagnostics)}${rest}\n`].join('\n')
}

/** A generated spec can have a million mistakes. */
const maxShown = 200

/** The lines of the files that could be read. */
type Lines = ReadonlyMap<string, readonly string[]>

/** Errors first, so that warnings never crowd them out; then by position. */
function bySeverity(a: Diagnostic, b: Diagnostic): number {
  return Number(a.severity !== 'error') - Number(b.severity !== 'error') || byPosition(a, b)
}

/** `3 errors, 1 warning` */
export function summariseDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  const warnings = diagnostics.length - errors
  if (warnings === 0) return count(errors, 'error')
  return commaList([errors > 0 && count(errors, 'error'), count(warnings, 'warning')])
}

function renderDiagnostic(diagnostic: Diagnostic, lines: Lines, style: Style): readonly string[] {
  const { position, severity, code, isPrivate = false } = diagnostic
  const paint = severity === 'error' ? style.error : style.warning
  const [first = '', ...rest] = diagnostic.message.split('\n').map(shortLine)
  const place =
    position === undefined
      ? ''
      : `${style.heading(escapeLine(`${position.file}:${position.line}:${position.column}`))} `
  // A mistake on the command line is explained by --help.
  const mark = code === 'usage' ? '' : ` ${style.quiet(`[${code}]`)}`
  return [
    `${place}${paint(`${severity}:`)} ${first}${mark}`,
    ...rest.map((line) => `  ${line}`),
    ...(position === undefined || isPrivate
      ? []
      : codeFrame(position, lines.get(position.file), { paint, style })),
    ...(diagnostic.hint === undefined ? [] : [`  ${shortLine(diagnostic.hint)}`]),
  ]
}

/** Messages quote the spec, so they may have any length. */
const maxMessageCharacters = 2_000

function shortLine(text: string): string {
  return escapeLine(text.length > maxMessageCharacters ? `${text.slice(0, maxMessageCharacters)}...` : text)
}

const maxFrameCharacters = 120

function codeFrame(
  position: Position,
  lines: readonly string[] | undefined,
  look: { readonly paint: (text: string) => string; readonly style: Style },
): readonly string[] {
  const line = lines?.[position.line - 1]?.replace(/\r$/, '')
  if (line === undefined) return []
  const number = String(position.line)
  const gutter = (text: string) => look.style.quiet(`  ${text.padStart(number.length)} | `)
  const column = position.column - 1
  // A window of a very long line that includes the marked part.
  const start = column < maxFrameCharacters - 20 ? 0 : column - 40
  const shown = line.slice(start, start + maxFrameCharacters)
  const before = shown.slice(0, column - start)
  const meant = shown.slice(column - start, column - start + (position.length ?? 1))
  // Tabs stay tabs in the padding, so that the marks are aligned with any tab width.
  const padding = escapeLine(before).replaceAll(/[^\t]/g, ' ')
  const marks = '^'.repeat(Math.max(1, escapeLine(meant).length))
  return [`${gutter(number)}${escapeLine(shown)}`, `${gutter('')}${padding}${look.paint(marks)}`]
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  const [left, right] = [a.position, b.position]
  if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? 1 : -1
  if (left.file !== right.file) return left.file < right.file ? -1 : 1
  return left.line - right.line || left.column - right.column
}

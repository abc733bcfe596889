import type { Mistake } from '../../model/diagnostic.ts'
import type { Path } from '../../model/path.ts'
import { isSecret, join, revealed, Secret } from '../../model/secret.ts'
import { codePointName } from '../../validation/foreign-character.ts'
import { FormatError, type FormatMistake } from '../format-error.ts'
import { checkDirectiveName, checkSectionName, unitSyntax, unknownUnitType } from './names.ts'
import { checkQuotes } from './open-quote.ts'
import { unreadableCharacter } from './text.ts'

/**
 * The value of a directive. A string is the text as systemd reads it: specifiers (`%i`) and variables (`$NAME`) in it
 * are expanded, so untrusted text must be quoted by `execLine` or `environmentLine` first. A line break becomes
 * a continuation, which systemd reads as white space; empty lines and white space around lines are dropped. A boolean
 * is written as `yes` or `no`.
 */
type PlainUnitValue = string | number | boolean
type UnitValue = PlainUnitValue | Secret

/** A unit or drop-in: sections and directives in the order given. A list is the same directive several times. */
export interface PlainUnitFile {
  readonly [section: string]: { readonly [directive: string]: PlainUnitValue | readonly PlainUnitValue[] }
}

/** The same, also with secrets in values, which are on one line and stand there as systemd reads them. */
export interface UnitFile {
  readonly [section: string]: UnitSection
}

interface UnitSection {
  /** An empty string resets what came before: `ExecStart: ['', '/usr/bin/etcd']` in a drop-in. */
  readonly [directive: string]: UnitValue | readonly UnitValue[]
}

/**
 * Renders a unit file or drop-in in the syntax of systemd.syntax(7). The file name (`etcd.service`,
 * `etcd.service.d/10-proxy.conf`) decides which sections it may have.
 * Throws a FormatError that holds everything `checkUnit` finds.
 */
export function renderUnit(unit: PlainUnitFile, fileName: string): string
export function renderUnit(unit: UnitFile, fileName: string): string | Secret
export function renderUnit(unit: UnitFile, fileName: string): string | Secret {
  const problems = checkUnit(unit, fileName)
  if (problems.length > 0) throw new FormatError(problems)
  return join(Object.entries(unit).map(renderSection), '\n')
}

/** Everything that systemd would not understand in a unit: unknown names, misplaced directives, unwritable values. */
export function checkUnit(unit: UnitFile, fileName: string): readonly FormatMistake[] {
  const syntax = unitSyntax(fileName)
  if (syntax === undefined) return [unknownUnitType(fileName)]
  const problems: FormatMistake[] = []
  const report = (path: Path, problem: Mistake | undefined) => {
    if (problem !== undefined) problems.push({ ...problem, path })
  }
  for (const [section, directives] of Object.entries(unit)) {
    const sectionProblem = checkSectionName(syntax, section)
    report([section], sectionProblem)
    for (const [directive, value] of Object.entries(directives)) {
      const path = [section, directive]
      if (sectionProblem === undefined) report(path, checkDirectiveName(syntax, section, directive))
      for (const single of valuesOf(value)) report(path, checkValue(fileName, section, directive, single))
    }
    if (section === 'Service') report([section, 'ExecStart'], checkCommands(fileName, directives))
  }
  return problems
}

/** The words of one command as a list, which would be as many commands. Only oneshot services have several. */
function checkCommands(fileName: string, { ExecStart = [], Type }: UnitSection): Mistake | undefined {
  const commands = valuesOf(ExecStart).map((value) => (isSecret(value) ? '/' : String(value)))
  const words = commands.slice(commands.lastIndexOf('') + 1)
  const argument = words.slice(1).find((word) => !/^[-@:+!|]*\//.test(word))
  if (argument === undefined || Type === 'oneshot') return undefined
  return {
    message: `${fileName}: each element of ExecStart= is a command, and ${argument} is not one`,
    hint: `write the command as one text: ${words.join(' ')}`,
  }
}

function renderSection([section, directives]: readonly [string, UnitSection]): string | Secret {
  const lines = Object.entries(directives).flatMap(([directive, value]) =>
    valuesOf(value).flatMap((single) =>
      isSecret(single)
        ? [`${directive}=`, single, '\n']
        : [`${directive}=${linesOf(single).join(' \\\n  ')}\n`],
    ),
  )
  return Secret.concat([`[${section}]\n`, ...lines])
}

function checkValue(
  fileName: string,
  section: string,
  directive: string,
  value: UnitValue,
): Mistake | undefined {
  const place = `${fileName}: [${section}] ${directive}=`
  if (isSecret(value)) return checkSecret(place, value)
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number')
    return /^-?[0-9.]+$/.test(String(value))
      ? undefined
      : { message: `${place}${value} is not a plain number`, hint: 'write it as a string' }
  const control = /[^\P{Cc}\t\n]/u.exec(value)
  const unreadable = control === null ? unreadableCharacter(value) : codePointName(control[0])
  if (unreadable !== undefined)
    return {
      message: `${place} contains the character ${unreadable}, which a unit file cannot hold`,
      hint: 'remove it, or write it as a C escape such as \\x1b if the directive takes quoted text',
    }
  if (!PROSE.has(directive) && breaksWithinQuotes(value))
    return {
      message: `${place} has a line break within quotes, which systemd would read as a blank`,
      hint: 'put the script in a file and run that, or write it on one line with ; between commands',
    }
  const open = checkQuotes(fileName, directive, value)
  if (open !== undefined) return open
  const lines = linesOf(value)
  if (endsInBackslash(lines.at(-1) ?? ''))
    return {
      message: `${place} ends with a backslash, which would join the next line to it`,
      hint: 'double it, or remove it',
    }
  const comment = lines.slice(1).find((line) => /^[#;]/.test(line))
  if (comment !== undefined)
    return {
      message: `${place} has the line '${comment}', which systemd skips as a comment`,
      hint: 'join it with the previous line, or quote its first word',
    }
  return undefined
}

/** Says nothing of the value. */
function checkSecret(place: string, secret: Secret): Mistake | undefined {
  if (!/[\p{Cc}]|\\$|^\s|\s$/u.test(revealed(secret))) return undefined
  return {
    message: `${place} has the secret ${secret.names.join(', ')}, which is not one line of text`,
    hint: 'quote it with environmentLine or execLine, or put it in a file',
  }
}

/** Directives in which a quote is only a character. */
const PROSE: ReadonlySet<string> = new Set(['Description', 'Documentation'])

/** A line break after a backslash is meant to join two lines. */
function breaksWithinQuotes(value: string): boolean {
  const quoted = value.match(/\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/g) ?? []
  return quoted.some((part) => !part.startsWith('\\') && part.replaceAll(/\\[\s\S]/g, '').includes('\n'))
}

// An explicit continuation (a backslash before the line break) counts as a line break.
function linesOf(value: PlainUnitValue): readonly string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  const [last = '', ...before] = trimBlanks(String(value)).split('\n').reverse()
  const continued = before.reverse().map((line) => withoutFinalBackslash(trimBlanks(line)))
  return [...continued.filter((line) => line !== ''), trimBlanks(last)]
}

function withoutFinalBackslash(line: string): string {
  return endsInBackslash(line) ? trimBlanks(line.slice(0, -1)) : line
}

// Only systemd's white space: a no-break space is part of the value.
function trimBlanks(text: string): string {
  return text.replace(/^[ \t\n]+/, '').replace(/[ \t\n]+$/, '')
}

function endsInBackslash(line: string): boolean {
  const backslashes = /\\*$/.exec(line)?.[0].length ?? 0
  return backslashes % 2 === 1
}

function valuesOf(value: UnitValue | readonly UnitValue[]): readonly UnitValue[] {
  return typeof value === 'object' && !isSecret(value) ? value : [value]
}

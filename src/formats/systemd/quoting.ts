import { isSecret, join, revealed, Secret } from '../../model/secret.ts'
import { codePointName } from '../../validation/foreign-character.ts'
import { FormatError } from '../format-error.ts'
import { isVariableName, unreadableCharacter } from './text.ts'

/** Text in which systemd's specifiers (`%H`) and, in a command, variables (`${NAME}`) are expanded. */
export interface ExpandedText {
  readonly expand: string
}

/** Literal unless marked for expansion. */
export type ExecWord = string | number | ExpandedText

/** The same, or a secret, which is literal. */
export type SecretExecWord = ExecWord | Secret

export interface ExecLineOptions {
  /** Special executable prefixes of systemd.service(5), such as `-` or `+`. With `:` no variables are expanded. */
  readonly prefix?: string
  /** `options` starts a new line before each word that begins with `-`; one long line otherwise. */
  readonly layout?: 'line' | 'options'
}

const PREFIX_CHARACTERS = '-@:+!|'

/**
 * A command for `ExecStart=` and its like that runs the executable with exactly these arguments, quoted by the rules
 * of systemd.service(5). Throws a FormatError for text that no quoting can represent.
 */
export function execLine(words: readonly ExecWord[], options?: ExecLineOptions): string
export function execLine(words: readonly SecretExecWord[], options?: ExecLineOptions): string | Secret
export function execLine(words: readonly SecretExecWord[], options: ExecLineOptions = {}): string | Secret {
  const { prefix = '', layout = 'line' } = options
  const [executable, ...args] = words
  if (executable === undefined) throw problem('the command is empty', 'start it with an executable')
  if ([...prefix].some((character) => !PREFIX_CHARACTERS.includes(character)))
    throw problem(`'${prefix}' is not a prefix of an executable`, `use characters of ${PREFIX_CHARACTERS}`)
  const escapeText = prefix.includes(':') ? escapeSpecifiers : escapeExpansions
  const first = quote(prefix + executableText(executable))
  const rest = args.flatMap((word) => {
    if (isSecret(word)) return [' ', quotedSecret(word, escapeText)]
    const text = literalText(word, escapeText)
    return [layout === 'options' && text.startsWith('-') ? '\n' : ' ', quote(text)]
  })
  return Secret.concat([first, ...rest])
}

/**
 * Assignments for `Environment=`. Values are literal unless marked for expansion, which covers only specifiers, as `$`
 * has no meaning there. Booleans become `true` and `false`. Throws a FormatError for an invalid name or character.
 */
export function environmentLine(variables: {
  readonly [name: string]: string | number | boolean | ExpandedText
}): string
export function environmentLine(variables: {
  readonly [name: string]: string | number | boolean | ExpandedText | Secret
}): string | Secret
export function environmentLine(variables: {
  readonly [name: string]: string | number | boolean | ExpandedText | Secret
}): string | Secret {
  const assignments = Object.entries(variables).map(([name, value]) => {
    if (!isVariableName(name))
      throw problem(`'${name}' is not the name of an environment variable`, 'use letters, digits and _')
    if (isSecret(value)) return quotedSecret(value, escapeSpecifiers, `${name}=`)
    return quote(
      `${name}=${literalText(typeof value === 'boolean' ? String(value) : value, escapeSpecifiers)}`,
    )
  })
  return join(assignments, ' ')
}

// systemd takes the path before it expands variables, and refuses quotes, backslashes and control characters in it.
function executableText(word: SecretExecWord): string {
  if (isSecret(word)) throw problem('a secret cannot be the path of an executable', 'pass it as an argument')
  const text = literalText(word, escapeSpecifiers)
  if (text !== '' && PREFIX_CHARACTERS.includes(text.charAt(0)))
    throw problem(
      `the executable '${text}' begins with ${text.charAt(0)}, which systemd reads as a prefix`,
      'pass prefixes in the option `prefix`',
    )
  if (text === '' || text.endsWith('/') || /[\p{Cc}"'\\]/u.test(text))
    throw problem(`'${text}' cannot be the path of an executable`, 'use a path without quotes or backslashes')
  return text
}

function literalText(word: ExecWord, escapeText: (text: string) => string): string {
  const text = typeof word === 'object' ? word.expand : escapeText(String(word))
  const unreadable = unreadableCharacter(text)
  if (unreadable !== undefined)
    throw problem(
      `${JSON.stringify(text)} contains the character ${unreadable}, which systemd refuses`,
      'remove it',
    )
  return text
}

/** In quotes, whatever its value is. */
function quotedSecret(secret: Secret, escapeText: (text: string) => string, before = ''): string | Secret {
  const unreadable = unreadableCharacter(revealed(secret))
  if (unreadable !== undefined)
    throw problem(
      `the secret ${secret.names.join(', ')} contains the character ${unreadable}, which systemd refuses`,
      'remove it',
    )
  return Secret.concat([`"${before}`, secret.encoded((text) => escapeQuoted(escapeText(text))), '"'])
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%')
}

function escapeExpansions(text: string): string {
  return escapeSpecifiers(text).replaceAll('$', '$$$$')
}

// Also quoted: a lone `;`, which separates commands, and what would be a comment at the start of a continued line.
function quote(text: string): string {
  if (text !== '' && !/[\s\p{Cc}"'\\]|^[#;]/u.test(text)) return text
  return `"${escapeQuoted(text)}"`
}

function escapeQuoted(text: string): string {
  return text.replaceAll(/[\p{Cc}"\\]/gu, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const named = NAMED_ESCAPES.get(character)
  if (named !== undefined) return named
  return codePointName(character).replace('U+', '\\u')
}

const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['"', '\\"'],
  ['\\', '\\\\'],
])

function problem(message: string, hint: string): FormatError {
  return new FormatError([{ message, hint }])
}

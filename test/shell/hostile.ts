import fc from 'fast-check'
import { anyText } from '../any-text.ts'
import type { RootTree } from './root-tree.ts'
import { shells } from './shells.ts'

const seed = 20260229

/** Each shell gets inputs of its own. */
export function seedOf(tree: RootTree): number {
  return seed + shells.indexOf(tree.shell)
}

/** What each shell has to try, so that all together try that many. */
export function shareOf(inputs: number): number {
  return Math.ceil(inputs / shells.length)
}

/** In which shells something was tried, for a figure. */
export const inShells = `(${shells.map(({ name }) => name).join(', ')})`

/**
 * How many generated inputs a fuzzing test tries in all shells together: 150, or what the environment variable
 * CONVERGE_FUZZ asks for.
 */
export const fuzzRuns = Number(process.env.CONVERGE_FUZZ ?? 150)

/** Text that runs the command `canary` (canary.ts) where it is read as shell, in whatever quotes it stands. */
const injections = [
  '$(canary)',
  '`canary`',
  ';canary;',
  "';canary;'",
  '";canary;"',
  "'$(canary)'",
  '"`canary`"',
  "'\\'';canary;'",
  '\\";canary;"',
  '\ncanary\n',
  "'\ncanary\n'",
  '&&canary||canary&',
  '|canary|',
  ')canary(',
  '}\ncanary\n{',
  '\nEND\ncanary\n',
  '$((canary[$(canary)]))',
  '${x:-$(canary)}',
  "{}';canary;'{}",
]

const fragments = [
  ...injections,
  "'",
  '"',
  '`',
  '$(id)',
  '${HOME}',
  '$x',
  '$',
  '\\',
  '\\n',
  '\n',
  '\n\n',
  '\r',
  '\t',
  ' ',
  ';',
  '&',
  '|',
  '!',
  '!!',
  '#',
  '*',
  '?',
  '[a]',
  '~',
  '%s',
  '%',
  '%%',
  '-',
  '--',
  '-n',
  '-e',
  '<',
  '>',
  '(',
  ')',
  '{}',
  '=',
  '&&',
  'END',
  '\x7f',
  '\x1b[0m',
  'ü',
  '日本',
  '🙂',
  '\u0301',
  '\ufeff',
  '\u2028',
  'a',
  '0',
]

/** Text that shells, printf, sed or stat could misread; anything but NUL, which no file name and no word can hold. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fragments) }, { weight: 1, arbitrary: anyText(4) }),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', 'N'))

/** A name of a file: hostile, no slash, short enough for every file system. */
export const hostileName: fc.Arbitrary<string> = hostileText
  .map((text) => text.replaceAll('/', 's'))
  .filter((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) < 120)

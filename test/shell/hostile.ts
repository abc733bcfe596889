import fc from 'fast-check'

export const seed = 20260229

/** How many generated inputs a fuzzing test tries: 200, or what the environment variable CONVERGE_FUZZ asks for. */
export const fuzzRuns = Number(process.env.CONVERGE_FUZZ ?? 200)

const fragments = [
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
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...fragments) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', 'N'))

/** A name of a file: hostile, no slash, short enough for every file system. */
export const hostileName: fc.Arbitrary<string> = hostileText
  .map((text) => text.replaceAll('/', 's'))
  .filter((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) < 120)

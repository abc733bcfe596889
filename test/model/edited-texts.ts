import fc from 'fast-check'
import type { Part } from '../../src/model/edit-text.ts'

type At = 'start' | 'end'
const begin = '# BEGIN converge web'
const end = '# END converge web'

export const block = (at: At = 'end'): Part => ({ begin, end, at })
export const line = (text: string, match: 'whole' | 'start' = 'whole', at: At = 'end'): Part => ({
  kind: 'line',
  text,
  match,
  at,
})
export const setting = (key: string, section?: string, separator = '='): Part => ({
  kind: 'setting',
  key,
  separator,
  ...(section !== undefined && { section }),
})

/** The first one in most cases. */
const often = (one: string, ...others: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(one) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const odd = ['', '0', '0x0', '1e3', '\\n', '%s', '&', '\\&', '\\1', '$1', '.*', '[', ']', '\uFEFF', '\u2028']
const anything = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '\t',
    '\\',
    '"',
    "'",
    '/',
    'ü',
    '€',
    '1',
    '%',
    '=',
    '&',
    '[',
    ']',
    '#',
    '.',
  ),
  maxLength: 6,
})
const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r\n', '\r')

/** Texts of these lines and any others, with ends of all kinds. */
function textsOf(lines: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const any = fc.oneof(
    { weight: 5, arbitrary: lines },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: anything },
  )
  const mixed = fc
    .array(fc.tuple(any, lineEnd), { maxLength: 9 })
    .map((all) => all.map(([text, own]) => text + own).join(''))
  const uniform = fc
    .tuple(fc.array(any, { maxLength: 9 }), fc.constantFrom('\n', '\r\n'))
    .map(([all, own]) => all.map((text) => text + own).join(''))
  return fc
    .tuple(
      fc.constantFrom('', '', '', '\uFEFF'),
      fc.oneof(mixed, uniform),
      fc.constantFrom('', '', '\n', 'x', 'x\r'),
    )
    .map((all) => all.join(''))
}

const blockLine = fc.constantFrom(begin, end, `${begin} `, `#${end}`, 'BEGIN')
const inner = fc
  .array(fc.oneof(fc.constantFrom('one', ...odd), anything), { maxLength: 3 })
  .map((all) => all.map((text) => `${text}\n`).join(''))
/** A text that has the block, once and whole. */
const withBlock = fc
  .tuple(textsOf(anything), inner, textsOf(anything), fc.constantFrom('\n', '\r\n'))
  .map(([before, own, after, ended]) =>
    [before, `\n${begin}\n${own}${end}\n`, after].join('').replaceAll(/\r?\n/g, ended),
  )
const ats = fc.constantFrom<At[]>('start', 'end')
const blocks = fc.record({
  text: fc.oneof(textsOf(blockLine), withBlock),
  part: ats.map(block),
  wanted: inner,
})

const lineTexts = ['Port ', 'Port 22', 'a.*', '\\d&', '[x', '$', '0', '1e3', '# off', 'ü€']
const lines = fc
  .tuple(fc.constantFrom(...lineTexts), fc.constantFrom<('whole' | 'start')[]>('whole', 'start'), ats)
  .chain(([text, match, at]) => {
    const own = fc
      .tuple(
        fc.constantFrom('', '', ' ', '\t', '#'),
        fc.constantFrom(text, text, 'Port', '1', '1000'),
        fc.constantFrom('', '', '', '22', '\\'),
      )
      .map((all) => all.join(''))
    const behind = fc.oneof(fc.constantFrom('', ...odd), anything)
    return fc.record({
      text: textsOf(own),
      part: fc.constant(line(text, match, at)),
      wanted: match === 'whole' ? fc.constant(`${text}\n`) : behind.map((more) => `${text}${more}\n`),
    })
  })

const sections = ['s', 'a.*', 'url "x]y"', '[array]', 's t', 'ü']
const keys = ['key', 'k.*', 'a b', 'key&', '\\k', '0', '1e3', '^key', 'ü', 'export']
const separators = ['=', '=', ' = ', ': ', ' ', '\t', ' := ', '&', '.']
const settings = fc
  .tuple(
    fc.constantFrom(...keys),
    fc.option(fc.constantFrom(...sections), { nil: undefined }),
    fc.constantFrom(...separators),
    fc.boolean(),
  )
  .chain(([key, section, separator, sectionGoes]) => {
    const value = fc.oneof(fc.constantFrom('1', 'v', ...odd), anything)
    const sets = fc.tuple(
      often('', ' ', '\t', '#', ';', '# ', 'export ', 'export\t'),
      often(key, ...keys),
      often(separator, ` ${separator}\t`, '', '=', ' '),
      value,
    )
    const header = fc.tuple(
      often('[', ' [', '#['),
      often(section ?? 's', ...sections, ''),
      often(']', '] ', '] # ]', '];x', '', '] key=1'),
    )
    const own = fc.oneof(
      { weight: 6, arbitrary: sets.map((all) => all.join('')) },
      { weight: 3, arbitrary: header.map((all) => all.join('')) },
      { weight: 1, arbitrary: fc.constantFrom('', '', ' ', '\t', '# comment') },
    )
    return fc.record({
      text: textsOf(own),
      part: fc.constant<Part>({ ...setting(key, section, separator), ...(sectionGoes && { sectionGoes }) }),
      wanted: value.map((one) => `${one.replaceAll(/^[ \t]+|[ \t\\]+$/g, '')}\n`),
    })
  })

/** A text, a part, what is wanted of it, and whether it leaves instead. */
export const cases = fc
  .tuple(
    fc.oneof(
      { weight: 2, arbitrary: blocks },
      { weight: 2, arbitrary: lines },
      { weight: 4, arbitrary: settings },
    ),
    fc.boolean(),
  )
  .map(([one, leaves]) => ({ ...one, leaves }))

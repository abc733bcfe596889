import fc from 'fast-check'
import type { Part } from '../../src/model/edit-text.ts'

const begin = '# BEGIN converge web'
const end = '# END converge web'

export const part = (at: Part['at'] = 'end'): Part => ({ begin, end, at })

/** Lines that are markers, look like them, or are anything else. */
const line = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(begin, end, `${begin} `, `#${end}`, 'BEGIN', '', '0', '0x0', '\\n', '%s', '&'),
  },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\\', '"', "'", '/', 'ü', '€', '1', '%') }),
  },
)
const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', '\r')), { maxLength: 8 })
const loose = fc
  .tuple(lines, fc.constantFrom('', '\n', 'x'))
  .map(([all, last]) => all.map(([text, lineEnd]) => text + lineEnd).join('') + last)
const inner = fc
  .array(
    line.filter((text) => text !== begin && text !== end),
    { maxLength: 3 },
  )
  .map((all) => all.map((text) => `${text}\n`).join(''))
/** A text that has the part, once and whole. */
const whole = fc
  .tuple(loose, inner, loose, fc.constantFrom('\n', '\r\n'))
  .map(([before, own, after, lineEnd]) =>
    [without(before), `${begin}\n${own}${end}\n`, without(after)].join('').replaceAll(/\r?\n/g, lineEnd),
  )

function without(text: string): string {
  const kept = text.split('\n').filter((one) => !one.includes('converge web'))
  return kept.map((one) => `${one}\n`).join('')
}

/** A text, and what is wanted of the part in it. */
export const cases = fc.record({
  text: fc.oneof(loose, whole),
  at: fc.constantFrom<Part['at'][]>('start', 'end'),
  wanted: fc.option(inner, { nil: undefined }),
})

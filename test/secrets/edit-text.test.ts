import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { withEntry, withoutEntry } from '../../src/secrets/edit-text.ts'

const entry = { kind: 'opaque', value: 'YWdl+/=' } as const
const line = (key: string) => `${key}: { kind: opaque, value: YWdl+/= }`

/** What a text becomes when `c` is set. */
const rows: readonly (readonly [string, string, string])[] = [
  ['no section', 'salt: x\n', `salt: x\nsecrets:\n  ${line('c')}\n`],
  ['no line break at the end', 'salt: x', `salt: x\nsecrets:\n  ${line('c')}\n`],
  ['an empty section', 'secrets:\nother: x\n', `secrets:\n  ${line('c')}\nother: x\n`],
  ['an empty map', 'secrets: {}\n', `secrets:\n  ${line('c')}\n`],
  ['a comment at an empty section', 'secrets: # ours\n', `secrets: # ours\n  ${line('c')}\n`],
  ['the first', 'secrets:\n  d: 1\n', `secrets:\n  ${line('c')}\n  d: 1\n`],
  [
    'the last, before another section',
    'secrets:\n  a: 1\nother: x\n',
    `secrets:\n  a: 1\n  ${line('c')}\nother: x\n`,
  ],
  ['the last, without a line break', 'secrets:\n  a: 1', `secrets:\n  a: 1\n  ${line('c')}\n`],
  [
    'above the comments of the next',
    'secrets:\n  a: 1\n  # of d\n  d: 1\n',
    `secrets:\n  a: 1\n  ${line('c')}\n  # of d\n  d: 1\n`,
  ],
  ['deeper lines', 'secrets:\n    a: 1\n    d: 1\n', `secrets:\n    a: 1\n    ${line('c')}\n    d: 1\n`],
  [
    'a value of several lines',
    'secrets:\n  c:\n    kind: x\n    value: y # old\n  d: 1\n',
    `secrets:\n  ${line('c')} # old\n  d: 1\n`,
  ],
  ['a comment behind it', 'secrets:\n  c: { } # keep\n', `secrets:\n  ${line('c')} # keep\n`],
  ['lines that end as on Windows', 'secrets:\r\n  a: 1\r\n', `secrets:\r\n  a: 1\r\n  ${line('c')}\r\n`],
  ['keys out of order', 'secrets:\n  z: 1\n  a: 1\n', `secrets:\n  ${line('c')}\n  z: 1\n  a: 1\n`],
]

for (const [what, before, after] of rows) {
  test(`sets an entry: ${what}`, () => assert.is(withEntry(before, 'secrets', 'c', entry), after))
}

test('removes an entry with its lines', () => {
  assert.is(
    withoutEntry('secrets:\n  a: 1\n  c:\n    x: 1\n  d: 1\n', 'secrets', 'c'),
    'secrets:\n  a: 1\n  d: 1\n',
  )
  assert.is(withoutEntry('secrets:\n  a: 1\n  c: 1', 'secrets', 'c'), 'secrets:\n  a: 1\n')
  assert.is(withoutEntry('secrets:\n  a: 1\n', 'secrets', 'c'), 'secrets:\n  a: 1\n')
})

test('whatever the order and the words, YAML reads what was set, sorted by key', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,6}(\/[a-z]{1,3})?$/)
  const value = fc.oneof(
    fc.stringMatching(/^[ -~]{1,20}$/),
    fc.constantFrom('true', '1.5', 'a: b', 'x #y', ' a', '::1', '~', 'null', '-', '[a'),
  )
  const member = fc.record({ kind: fc.constant('opaque' as const), length: fc.nat(), command: value })
  fc.assert(
    fc.property(fc.array(fc.tuple(key, member), { maxLength: 12 }), (entries) => {
      let text = 'salt: x # a comment\nsecrets:\n# the end\n'
      for (const [name, own] of entries) text = withEntry(text, 'secrets', name, own)
      const read = parse(text, { schema: 'failsafe' }).secrets ?? {}
      const expected = new Map(entries.map(([name, own]) => [name, { ...own, length: String(own.length) }]))
      assert.equal(
        new Map(Object.entries(read)),
        new Map([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      )
      assert.is(text.split('\n').length, expected.size + 4)
    }),
    { seed: 7, numRuns: 200 },
  )
})

test.run()

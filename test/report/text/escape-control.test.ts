import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { escapeLine, escapeLines } from '../../../src/report/text/escape-control.ts'

test('makes terminal sequences visible', () => {
  assert.is(escapeLine('a\x1b[2Jb\x07\x9b1m\r\n\0'), 'a\\x1b[2Jb\\x07\\x9b1m\\r\\n\\0')
})

test('makes text direction marks and invisible characters visible', () => {
  assert.is(escapeLine('a\u202eb\u200b\ufeff\u2028'), 'a\\u202eb\\u200b\\ufeff\\u2028')
})

test('leaves tabs, letters of any script and symbols', () => {
  assert.is(escapeLine('\tgrün 日本 🦀'), '\tgrün 日本 🦀')
})

test('splits lines without a last empty one', () => {
  assert.equal(escapeLines('a\r\nb\n'), ['a\\r', 'b'])
})

test('never lets a control character through', () => {
  const line = fc.string({
    unit: fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)),
  })
  fc.assert(
    fc.property(line, (text) => {
      assert.not(/[\0-\x08\n-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/.test(escapeLine(text)))
    }),
    { seed: 20 },
  )
})

test.run()

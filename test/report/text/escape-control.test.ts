import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonLine, jsonText } from '../../../src/report/json/json-text.ts'
import { escapeLine, escapeLines } from '../../../src/report/text/escape-control.ts'

test('makes terminal sequences visible', () => {
  assert.is(escapeLine('a\x1b[2Jb\x07\x9b1m\r\n\0'), 'a\\x1b[2Jb\\x07\\x9b1m\\r\\n\\0')
})

test('makes text direction marks and invisible characters visible', () => {
  assert.is(
    escapeLine('a\u202eb\u200b\ufeff\u2028\u034f\ufe0f'),
    'a\\u202eb\\u200b\\ufeff\\u2028\\u034f\\ufe0f',
  )
})

test('leaves tabs, letters of any script and symbols', () => {
  assert.is(escapeLine('\tgrün 日本 🦀'), '\tgrün 日本 🦀')
})

test('splits lines without a last empty one', () => {
  assert.equal(escapeLines('a\r\nb\n'), ['a\\r', 'b'])
})

// By the list of Unicode's bidirectional controls and of those that terminals act on, not by the classes that the code uses.
const never =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0001}\u{e0020}-\u{e007f}]/u

test('never lets a control character, a direction mark or an invisible one through, in text and in JSON', () => {
  let all = ''
  for (let code = 0; code < 0xe0100; code += 1) {
    if ((code >= 0x3200 && code < 0xd800) || (code >= 0x20000 && code < 0xe0000)) continue
    all += String.fromCodePoint(code)
  }
  assert.match(all, never)
  assert.not.match(escapeLine(all), never)
  for (const json of [jsonText({ all, [all]: [all] }), jsonLine({ all, [all]: [all] })]) {
    assert.not.match(json, never)
    assert.equal(JSON.parse(json), { all, [all]: [all] }, 'the same JSON')
  }
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lineSplitter, parseResultLine } from '../../../src/shell/answers/parse-results.ts'

for (const [line, event] of [
  ['started', { event: 'started' }],
  ['start 0', { event: 'change-started', change: 0 }],
  ['done 12', { event: 'change-done', change: 12 }],
  ['same 3', { event: 'change-same', change: 3 }],
  ['skip 3', { event: 'change-skipped', change: 3 }],
  ['fail 2 exit 124', { event: 'change-failed', change: 2, problem: 'exit 124' }],
  ['| end ok', { event: 'output', line: 'end ok' }],
  ['| ', { event: 'output', line: '' }],
  ['locked id somebody since now', { event: 'locked', holder: 'id somebody since now' }],
  ['locked ', { event: 'locked', holder: '' }],
  ['end ok', { event: 'end', outcome: 'ok' }],
  ['end failed', { event: 'end', outcome: 'failed' }],
  ['end refused', { event: 'end', outcome: 'refused' }],
  ['end locked', { event: 'end', outcome: 'locked' }],
] as const) {
  test(`reads "${line}"`, () => assert.equal(parseResultLine(line), event))
}

for (const line of ['', 'end', 'end well', 'End ok', ' end ok', 'endless', 'Last login: today']) {
  test(`ignores "${line}"`, () => assert.is(parseResultLine(line), undefined))
}

test('cuts a stream into lines wherever it was split, within a character too', () => {
  const bytes = Buffer.from('start 0\n| größer 🙂\n\nend ok\nrest')
  for (let size = 1; size <= bytes.length; size += 1) {
    const lines: string[] = []
    const take = lineSplitter((line) => lines.push(line))
    for (let start = 0; start < bytes.length; start += size) take(bytes.subarray(start, start + size))
    assert.equal(lines, ['start 0', '| größer 🙂', '', 'end ok'])
  }
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { count, duration, size } from '../../../src/report/text/words.ts'

test('counts in words', () => {
  assert.equal([count(0, 'host'), count(1, 'host'), count(2, 'host')], ['0 hosts', '1 host', '2 hosts'])
})

test('writes durations', () => {
  assert.equal([0, 999, 1000, 3210, 59_990, 60_000, 245_000].map(duration), [
    '0 ms',
    '999 ms',
    '1.0 s',
    '3.2 s',
    '59.9 s',
    '1 min 0 s',
    '4 min 5 s',
  ])
})

test('writes sizes', () => {
  assert.equal([1, 1023, 1024, 1536, 12 * 1024 * 1024].map(size), [
    '1 byte',
    '1023 bytes',
    '1.0 KiB',
    '1.5 KiB',
    '12.0 MiB',
  ])
})

test.run()

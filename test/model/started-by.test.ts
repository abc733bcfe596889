import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseStartedBy, wallTime } from '../../src/model/started-by.ts'

test('takes who and when apart', () => {
  assert.equal(parseStartedBy('ann@control since 2026-01-02T03:04:05.678Z'), {
    who: 'ann@control',
    at: '2026-01-02T03:04:05.678Z',
  })
})

test('leaves a line of another form whole', () => {
  assert.equal(parseStartedBy('a portable program'), { who: 'a portable program' })
  assert.equal(parseStartedBy('ann since yesterday'), { who: 'ann since yesterday' })
})

test('writes a time without its fraction', () => {
  assert.is(wallTime('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04:05 UTC')
})

test.run()

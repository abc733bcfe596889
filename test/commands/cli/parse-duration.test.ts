import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDuration } from '../../../src/commands/cli/parse-duration.ts'

const cases: readonly (readonly [string, number | undefined])[] = [
  ['90', 90],
  ['120s', 120],
  ['2m', 120],
  ['1h', 3600],
  ['0', 0],
  ['', undefined],
  ['s', undefined],
  ['-1', undefined],
  ['1.5m', undefined],
  ['2 m', undefined],
  ['2d', undefined],
  ['1234567', undefined],
]

for (const [text, seconds] of cases) {
  test(`reads "${text}" as ${seconds ?? 'no time'}`, () => {
    assert.is(parseDuration(text), seconds)
  })
}

test.run()

import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formats } from '../../../src/report/views/index.ts'

test('every output format has a test, in which it is held to the contract', () => {
  for (const name of Object.keys(formats))
    assert.ok(existsSync(new URL(`${name}.test.ts`, import.meta.url)), name)
})

test.run()

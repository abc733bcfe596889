import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { targetKinds } from '../../../src/model/targets/index.ts'

test('every way to reach hosts is held to the contract', () => {
  const tested = readdirSync(new URL('.', import.meta.url)).filter((name) => name !== 'index.test.ts')
  assert.equal(
    tested.sort(),
    Object.keys(targetKinds)
      .map((name) => `${name}.test.ts`)
      .sort(),
  )
})

test.run()

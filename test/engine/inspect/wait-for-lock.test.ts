import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { waitForLock } from '../../../src/engine/inspect/wait-for-lock.ts'
import { ConvergeError } from '../../../src/model/errors.ts'

const failing = (code: 'locked' | 'connection-lost') =>
  new ConvergeError(code, code, { host: 'a', step: 'inspect' })

test('asks again until the other apply has ended', async () => {
  let asked = 0
  const answer = await waitForLock(30, async () => {
    asked += 1
    if (asked === 1) throw failing('locked')
    return 'facts'
  })
  assert.is(answer, 'facts')
  assert.is(asked, 2)
})

for (const [code, patience] of [
  ['locked', 0],
  ['connection-lost', 30],
] as const) {
  test(`gives up at once when it is ${code} and the patience is ${patience} s`, async () => {
    let asked = 0
    const error = await waitForLock(patience, async () => {
      asked += 1
      throw failing(code)
    }).catch((problem: unknown) => problem)
    assert.is(error instanceof ConvergeError && error.code, code)
    assert.is(asked, 1)
  })
}

test.run()

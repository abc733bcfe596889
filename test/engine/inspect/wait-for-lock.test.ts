import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { waitForLock } from '../../../src/engine/inspect/wait-for-lock.ts'
import { ConvergeError, Interrupted } from '../../../src/model/errors.ts'
import { fakeClock } from '../fake-clock.ts'

const failing = (code: 'locked' | 'connection-lost') =>
  new ConvergeError(code, code, { host: 'a', step: 'inspect' })
const { signal } = new AbortController()

test('asks again once a second until the other apply has ended', async () => {
  let asked = 0
  const clock = fakeClock()
  const answer = await waitForLock({ waitSeconds: 30, clock, signal }, async () => {
    asked += 1
    if (asked < 4) throw failing('locked')
    return 'facts'
  })
  assert.is(answer, 'facts')
  assert.equal(clock.pauses, [1000, 1000, 1000])
})

for (const [code, waitSeconds, tries] of [
  ['locked', 0, 1],
  ['locked', 30, 31],
  ['connection-lost', 30, 1],
] as const) {
  test(`gives up after ${tries} tries if it is ${code} and the patience is ${waitSeconds} s`, async () => {
    let asked = 0
    const error = await waitForLock({ waitSeconds, clock: fakeClock(), signal }, async () => {
      asked += 1
      throw failing(code)
    }).catch((problem: unknown) => problem)
    assert.is(error instanceof ConvergeError && error.code, code)
    assert.is(asked, tries)
  })
}

test('ends when the user stops it', async () => {
  const stopping = new AbortController()
  const clock = fakeClock(() => stopping.abort(new Interrupted()))
  const waiting = waitForLock({ waitSeconds: 30, clock, signal: stopping.signal }, async () => {
    throw failing('locked')
  })
  assert.instance(await waiting.catch((problem: unknown) => problem), Interrupted)
  assert.is(clock.pauses.length, 1)
})

test.run()

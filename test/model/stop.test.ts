import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Interrupted } from '../../src/model/errors.ts'
import { createStop, stopAlsoAt } from '../../src/model/stop.ts'

/** Which of the two signals have come after requests at these times. */
function after(...times: readonly number[]): readonly boolean[] {
  let now = 0
  const { stop, request } = createStop(() => now)
  for (const time of times) {
    now = time
    request()
  }
  return [stop.stopping.aborted, stop.leaving.aborted]
}

test('stops at the first request, and leaves at the next one', () => {
  assert.equal(after(), [false, false])
  assert.equal(after(10), [true, false])
  assert.equal(after(10, 2_000), [true, true])
})

test('takes a request that comes twice within a moment for one: npm and a closing terminal send it twice', () => {
  assert.equal(after(10, 10, 400), [true, false])
  assert.equal(after(10, 400, 600), [true, true])
})

test('can be ended altogether from elsewhere', () => {
  const elsewhere = new AbortController()
  const { stop, request } = createStop(() => 0)
  const { stopping, leaving } = stopAlsoAt(elsewhere.signal, stop)
  request()
  assert.instance(stopping.reason, Interrupted)
  assert.not(leaving.aborted)
  elsewhere.abort(new Interrupted())
  assert.ok(leaving.aborted)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { TimeLimitError, withTimeLimit } from '../../../src/load/recipes/time-limit.ts'

/** Takes time without computing, as a process does that others keep from the processor. */
function wait(ms?: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('an endless loop ends at the limit', () => {
  let attempts = 0
  const loop = () => {
    attempts += 1
    for (;;) attempts += 0
  }
  assert.throws(
    () => withTimeLimit(300, loop),
    (error: unknown) => error instanceof TimeLimitError,
  )
  assert.ok(attempts <= 2)
})

test('what is kept waiting by a busy machine gets the time that it missed', () => {
  let attempts = 0
  const value = withTimeLimit(100, () => {
    attempts += 1
    wait(150)
    return 'done'
  })
  assert.equal([value, attempts], ['done', 2])
})

test('what waits forever ends too', () => {
  assert.throws(() => withTimeLimit(50, () => wait()), /did not finish within 0.05 s/)
})

test('errors of the work are passed on', () => {
  const mistake = new RangeError('mine')
  assert.throws(
    () =>
      withTimeLimit(1000, () => {
        throw mistake
      }),
    (error: unknown) => error === mistake,
  )
})

test.run()

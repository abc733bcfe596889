import * as assert from 'uvu/assert'
import { ConvergeError } from '../../src/model/errors.ts'

/**
 * The failure of the world that the work ends with, within the time; it names host, step and remedy. Where this process
 * has much to do until then, the clock is `ownTime`: other processes do not count.
 */
export async function boundedFailure(
  limitMs: number,
  work: () => Promise<unknown>,
  startClock: () => () => number = wallTime,
): Promise<ConvergeError> {
  const elapsedMs = startClock()
  const error = await work().then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ConvergeError)) throw error
  const tookMs = elapsedMs()
  assert.ok(tookMs < limitMs, `"${error.message}" took ${tookMs} ms`)
  namesItsPlace(error)
  return error
}

function wallTime(): () => number {
  const started = performance.now()
  return () => performance.now() - started
}

/** Every failure says which host, at which step, and what to do about it. */
export function namesItsPlace(error: ConvergeError): void {
  assert.is(error.host, 'node0', error.message)
  assert.match(error.step, /^(connect|exec|upload)$/)
  assert.ok((error.remedy ?? '').length > 10, `"${error.message}" has no remedy`)
}

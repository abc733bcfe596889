import * as assert from 'uvu/assert'
import { ConvergeError } from '../../src/model/errors.ts'

/** The failure of the world that the work ends with, within the time; it names host, step and remedy. */
export async function boundedFailure(limitMs: number, work: () => Promise<unknown>): Promise<ConvergeError> {
  const started = performance.now()
  const error = await work().then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ConvergeError)) throw error
  const tookMs = performance.now() - started
  assert.ok(tookMs < limitMs, `"${error.message}" took ${tookMs} ms`)
  namesItsPlace(error)
  return error
}

/** Every failure says which host, at which step, and what to do about it. */
export function namesItsPlace(error: ConvergeError): void {
  assert.is(error.host, 'node0', error.message)
  assert.match(error.step, /^(connect|exec|upload)$/)
  assert.ok((error.remedy ?? '').length > 10, `"${error.message}" has no remedy`)
}

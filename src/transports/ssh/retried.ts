import { pause } from '../after.ts'
import { PassingFailure } from './connect-errors.ts'
import type { SshPatience } from './patience.ts'

const RETRY_DELAYS_MS = [200, 500]

/** Tries what fails in passing three times, if the deadline (of `performance.now()`) allows. */
export async function retried<T>(
  patience: SshPatience,
  deadline: number,
  attempt: () => Promise<T>,
): Promise<T> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error
      if (performance.now() + delayMs >= deadline) throw error.cause
      await pause(patience.after, delayMs)
    }
  }
  return attempt().catch((error: unknown) => {
    throw error instanceof PassingFailure ? error.cause : error
  })
}

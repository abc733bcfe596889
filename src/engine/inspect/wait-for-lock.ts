import { ConvergeError } from '../../model/errors.ts'
import type { Clock } from '../clock.ts'

const pauseMs = 1000

interface Patience {
  readonly waitSeconds: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Repeats the work once a second while another apply runs on the host, up to the time limit. */
export async function waitForLock<T>(
  { waitSeconds, clock, signal }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = clock.now() + waitSeconds * 1000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const locked = error instanceof ConvergeError && error.code === 'locked'
      if (!locked || clock.now() >= deadline) throw error
      await clock.pause(pauseMs, signal)
    }
  }
}

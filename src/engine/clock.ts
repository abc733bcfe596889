import { setTimeout } from 'node:timers/promises'

/** The clock of the engine, which tests replace. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Rejects with the signal's reason if that comes first. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
}

import { setTimeout } from 'node:timers/promises'

/** The clock of the engine, which tests replace. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** The time of day. */
  time(): Date
  /** Rejects with the signal's reason if that comes first. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => new Date(),
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
}

import type { Clock } from '../../src/engine/clock.ts'

/** A clock on which only pauses take time, and they take none of the machine's. */
export interface FakeClock extends Clock {
  /** The pauses so far, in milliseconds. */
  readonly pauses: readonly number[]
}

/** `onPause` is called in each pause, before it ends. */
export function fakeClock(onPause: (pauses: number) => void = () => {}): FakeClock {
  let now = 0
  const pauses: number[] = []
  return {
    pauses,
    now: () => now,
    time: () => new Date(now),
    async pause(ms, signal) {
      pauses.push(ms)
      now += ms
      onPause(pauses.length)
      signal.throwIfAborted()
    },
  }
}

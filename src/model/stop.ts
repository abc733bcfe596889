import { setMaxListeners } from 'node:events'
import { Interrupted } from './errors.ts'

/** How the user stops work, in two steps. The reason of both signals is an `Interrupted`. */
export interface Stop {
  /** Nothing new starts. Applies that have started are followed to their end. */
  readonly stopping: AbortSignal
  /** Nothing is followed any more; applies that have started finish by themselves. */
  readonly leaving: AbortSignal
}

export interface StopSource {
  readonly stop: Stop
  /** Stops at the first call, leaves at the second. */
  request(): void
}

/** npm and a closing terminal may send the same signal twice. */
const sameWishMs = 500

export function createStop(now: () => number): StopSource {
  const stopping = new AbortController()
  const leaving = new AbortController()
  // Every running host adds a listener.
  setMaxListeners(0, stopping.signal, leaving.signal)
  let firstAt = 0
  return {
    stop: { stopping: stopping.signal, leaving: leaving.signal },
    request() {
      if (stopping.signal.aborted) {
        if (now() - firstAt >= sameWishMs) leaving.abort(new Interrupted())
        return
      }
      firstAt = now()
      stopping.abort(new Interrupted())
    },
  }
}

/** The same stop, with another signal that aborts both. */
export function stopAlsoAt(signal: AbortSignal, { stopping, leaving }: Stop): Stop {
  const both = {
    stopping: AbortSignal.any([stopping, signal]),
    leaving: AbortSignal.any([leaving, signal]),
  }
  setMaxListeners(0, both.stopping, both.leaving)
  return both
}

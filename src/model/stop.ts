import { setMaxListeners } from 'node:events'
import { Interrupted } from './errors.ts'

/** How far the user wants the work to stop. Both signals have an `Interrupted` as their reason. */
export interface Stop {
  /** Nothing new begins. Hosts on which an apply has begun are still followed to its end. */
  readonly stopping: AbortSignal
  /** Nothing is followed any more; hosts on which an apply has begun finish by themselves. */
  readonly leaving: AbortSignal
}

export interface StopSource {
  readonly stop: Stop
  /** Asks to stop, and when that has been asked before, to leave. */
  request(): void
}

/** npm and a terminal that closes send the same wish twice within a moment. */
const sameWishMs = 500

export function createStop(now: () => number): StopSource {
  const stopping = new AbortController()
  const leaving = new AbortController()
  // Every host under way listens.
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

/** The same, and ended altogether by one more signal. */
export function stopAlsoAt(signal: AbortSignal, { stopping, leaving }: Stop): Stop {
  const both = {
    stopping: AbortSignal.any([stopping, signal]),
    leaving: AbortSignal.any([leaving, signal]),
  }
  setMaxListeners(0, both.stopping, both.leaving)
  return both
}

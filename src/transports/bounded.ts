import { type After, after as machineTime } from './after.ts'

/** What may end work from outside. */
export interface Bounds {
  readonly timeoutMs: number
  readonly timedOut: () => unknown
  /** The timer; setTimeout by default. */
  readonly after?: After
  /** Ends it with the signal's reason. */
  readonly signal: AbortSignal | undefined
  /** Another cause of failure. Returns the function that ends the listening. */
  readonly listen?: (fail: (error: unknown) => void) => () => void
}

export interface Ending<T> {
  resolve(value: T): void
  reject(error: unknown): void
  isOver(): boolean
}

/** Work that ends once: by itself, or at one of its bounds. It does not start if one is already reached. */
export function bounded<T>(bounds: Bounds, work: (ending: Ending<T>) => void): Promise<T> {
  const { timeoutMs, timedOut, signal, listen, after = machineTime } = bounds
  return new Promise((resolve, reject) => {
    const releases: (() => void)[] = []
    let over = false
    const end = (act: () => void) => {
      if (over) return
      over = true
      for (const release of releases) release()
      act()
    }
    const fail = (error: unknown) => end(() => reject(error))
    const onAbort = () => fail(signal?.reason)
    if (signal?.aborted === true) return onAbort()
    signal?.addEventListener('abort', onAbort)
    releases.push(
      () => signal?.removeEventListener('abort', onAbort),
      after(timeoutMs, () => fail(timedOut())),
    )
    if (listen !== undefined) releases.push(listen(fail))
    if (!over) work({ resolve: (value) => end(() => resolve(value)), reject: fail, isOver: () => over })
  })
}

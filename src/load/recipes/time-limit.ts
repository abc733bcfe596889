import { runInNewContext } from 'node:vm'
import { InternalError } from '../../model/errors.ts'

export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`it did not finish within ${limitMs / 1000} s`)
    this.name = 'TimeLimitError'
  }
}

/** How long a recipe module may take to load, unless said otherwise. */
export const defaultLimitMs = 30_000

/** A process that got less of the processor than this was kept waiting. */
const ownShare = 0.9
/** By how much longer the clock may run, for work that waits without computing. */
const patience = 4

/**
 * Does the work, and stops it even in an endless loop: TimeLimitError. It covers all code that runs synchronously, in
 * any module, because node's vm makes V8 stop the thread. Promises are not limited. Only the clock can stop V8, but the
 * limit is time of the processor: if a busy machine gave less of it, the work begins once more with as much more time.
 */
export function withTimeLimit<T>(limitMs: number, work: () => T): T {
  let clockMs = limitMs
  for (;;) {
    const before = process.cpuUsage()
    try {
      return withinClock(clockMs, work)
    } catch (error) {
      if (!isTimeout(error)) throw error
      const { user, system } = process.cpuUsage(before)
      const usedMs = (user + system) / 1000
      if (usedMs >= limitMs * ownShare || clockMs > limitMs) throw new TimeLimitError(limitMs)
      clockMs = limitMs * Math.min(clockMs / Math.max(usedMs, 1), patience)
    }
  }
}

function withinClock<T>(clockMs: number, work: () => T): T {
  let result: { readonly value: T } | undefined
  const sandbox = {
    work: () => {
      result = { value: work() }
    },
  }
  runInNewContext('work()', sandbox, { timeout: Math.ceil(clockMs), displayErrors: false })
  if (result === undefined) throw new InternalError('the work has not run')
  return result.value
}

// The error comes from the new context, which has its own Error.
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}

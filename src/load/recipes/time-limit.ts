import { runInNewContext } from 'node:vm'

export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`it did not finish within ${limitMs / 1000} s`)
    this.name = 'TimeLimitError'
  }
}

/**
 * Does the work, and stops it at the time limit even in an endless loop: TimeLimitError. The limit covers all code that
 * runs synchronously, in any module, because node's vm makes V8 stop the thread. Promises are not limited.
 */
export function withTimeLimit<T>(limitMs: number, work: () => T): T {
  let result: { readonly value: T } | undefined
  try {
    const sandbox = {
      work: () => {
        result = { value: work() }
      },
    }
    runInNewContext('work()', sandbox, { timeout: limitMs, displayErrors: false })
  } catch (error) {
    throw isTimeout(error) ? new TimeLimitError(limitMs) : error
  }
  if (result === undefined) throw new TimeLimitError(limitMs)
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

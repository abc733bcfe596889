import { runInNewContext } from 'node:vm'

/** A recipe's code did not come to its end. */
export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`it did not end within ${limitMs / 1000} s`)
    this.name = 'TimeLimitError'
  }
}

/**
 * Does the work, whose end is awaited for so long; then it is ended where it stands, in a loop without end too, and
 * TimeLimitError is thrown. The limit holds for all that runs synchronously below it, whichever module that is in:
 * node's vm has V8 stop the whole thread. What the work leaves for later (a promise) is not limited.
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

// The error is made in the new context, whose Error is another one.
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}

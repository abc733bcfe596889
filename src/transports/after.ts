/** Calls back after the time. Returns the function that cancels it. */
export type After = (ms: number, callback: () => void) => () => void

export const after: After = (ms, callback) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

export function pause(wait: After, ms: number): Promise<void> {
  return new Promise((resolve) => wait(ms, resolve))
}

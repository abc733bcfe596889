import { ConvergeError } from '../model/errors.ts'

const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** Counts the output of one exec against its limit. */
export interface OutputLimit {
  /** Whether the output goes past the limit with this chunk. */
  exceeds(chunk: Uint8Array): boolean
  error(): ConvergeError
}

export function outputLimit(host: string, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES): OutputLimit {
  let sizeBytes = 0
  return {
    exceeds(chunk) {
      sizeBytes += chunk.length
      return sizeBytes > maxOutputBytes
    },
    error: () =>
      new ConvergeError('answer-unreadable', `the host answered with more than ${maxOutputBytes} bytes`, {
        host,
        step: 'exec',
        remedy: 'Check for a command that prints endlessly.',
      }),
  }
}

import { CommandError, type ConvergeError, reachOf } from '../../model/errors.ts'
import { escapeLine, escapeLines } from './escape-control.ts'
import type { Style } from './style.ts'

const stderrTailLines = 10

/** A ConvergeError in a few lines: step and message, then stderr, causes and the remedy. */
export function renderError(error: ConvergeError, style: Style): readonly string[] {
  const said = error instanceof CommandError ? error.stderr.trim() : ''
  const stderr = said === error.message ? [] : stderrTail(said)
  return [
    style.error(`${reachOf(error)} at ${error.step}: ${escapeLine(error.message)}`),
    ...stderr.map((line) => `  stderr: ${line}`),
    ...causes(error).map((cause) => style.quiet(`  cause: ${escapeLine(cause)}`)),
    ...(error.remedy === undefined ? [] : [`  remedy: ${escapeLine(error.remedy)}`]),
  ]
}

/** Messages of an error's causes, nearest first, without repetitions. */
export function causes(error: Error): readonly string[] {
  const messages: string[] = []
  let last = error.message
  // Bounded: a chain of causes may be a ring.
  for (
    let cause = error.cause, depth = 0;
    cause instanceof Error && depth < 8;
    cause = cause.cause, depth += 1
  ) {
    if (!last.includes(cause.message)) messages.push(cause.message)
    last = cause.message
  }
  return messages
}

/** The last lines that a command wrote to stderr, safe to print. */
function stderrTail(stderr: string): readonly string[] {
  if (stderr === '') return []
  const lines = escapeLines(stderr)
  if (lines.length <= stderrTailLines) return lines
  return [`... ${lines.length - stderrTailLines} lines before`, ...lines.slice(-stderrTailLines)]
}

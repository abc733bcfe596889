import { CommandError, type ConvergeError, reachOf } from '../../model/errors.ts'
import { escapeLine, escapeLines } from './escape-control.ts'
import type { Style } from './style.ts'

const outputTailLines = 10

/** A ConvergeError in a few lines: step and message, then output, causes and the remedy. */
export function renderError(error: ConvergeError, style: Style): readonly string[] {
  return [
    errorHeadline(error, style),
    ...errorDetails(error, style).map((line) => `  ${line}`),
    ...(error.remedy === undefined ? [] : [`  remedy: ${escapeLine(error.remedy)}`]),
  ]
}

/** `failed at apply: E: Unable to locate package ngnix (exit status 100) [command-failed]` */
export function errorHeadline(error: ConvergeError, style: Style): string {
  const said = style.error(`${reachOf(error)} at ${error.step}: ${escapeLine(error.message)}`)
  return `${said} ${style.quiet(`[${error.code}]`)}`
}

/** The output and the causes, without what the message says. */
export function errorDetails(error: ConvergeError, style: Style): readonly string[] {
  const said = error instanceof CommandError ? error.stderr.trim() : ''
  // What a failed change prints to stdout and stderr comes as one text.
  const output = said.includes('\n') || !error.message.includes(said) ? outputTail(said) : []
  return [
    ...output.map((line) => `${outputLabel}${line}`),
    ...causes(error).map((cause) => style.quiet(`cause: ${escapeLine(cause)}`)),
  ]
}

export const outputLabel = 'output: '

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

/** The last lines that a command wrote, safe to print. */
function outputTail(output: string): readonly string[] {
  if (output === '') return []
  const lines = escapeLines(output)
  if (lines.length <= outputTailLines) return lines
  return [`... ${lines.length - outputTailLines} lines before`, ...lines.slice(-outputTailLines)]
}

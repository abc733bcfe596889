import { ConvergeError, Interrupted, SpecError } from '../../model/errors.ts'
import { isSystemError, systemMessage } from '../../model/system-error.ts'
import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'

/** Shows what ended a command, and returns the exit code for it. */
export function showFailure(error: unknown, view: View): ExitCode {
  if (error instanceof SpecError) {
    view.diagnostics(error.diagnostics, error.sources)
    return 3
  }
  if (error instanceof Interrupted) {
    view.failure({ kind: 'interrupted', message: 'Interrupted.' })
    return 130
  }
  if (error instanceof ConvergeError) view.failure({ kind: 'host', error })
  else if (isSystemError(error)) view.failure({ kind: 'system', message: systemMessage(error) })
  else {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
    view.failure({ kind: 'bug', message, stack })
  }
  return 1
}

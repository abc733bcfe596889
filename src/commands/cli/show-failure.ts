import { ConvergeError, Interrupted, SpecError } from '../../model/errors.ts'
import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'

/** Shows what ended a command, and returns the exit code for it. */
export function showFailure(error: unknown, view: View): ExitCode {
  if (error instanceof SpecError) {
    view.diagnostics(error.diagnostics)
    return 3
  }
  if (error instanceof Interrupted) {
    view.failure({ kind: 'interrupted', message: 'Interrupted.' })
    return 130
  }
  if (error instanceof ConvergeError) view.failure({ kind: 'host', error })
  else if (isSystemError(error)) view.failure({ kind: 'system', message: error.message })
  else {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
    view.failure({ kind: 'bug', message, stack })
  }
  return 1
}

/** A failure of this machine's own file system or network, such as a full disk. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

import { ConvergeError, Interrupted, SpecError } from '../../model/errors.ts'
import { diagnosticsDocument } from '../../report/json/json.ts'
import { escapeLine } from '../../report/text/escape-control.ts'
import { renderError } from '../../report/text/render-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { showDiagnostics } from '../io/show-diagnostics.ts'
import { writeJson } from '../io/write-json.ts'

/** Tells what ended a command, and the exit code for it. */
export function showFailure(
  error: unknown,
  io: Io,
  options: { readonly command: string; readonly json: boolean },
): ExitCode {
  if (error instanceof SpecError) {
    if (options.json) writeJson(io, diagnosticsDocument(error.diagnostics, options.command))
    else showDiagnostics(error.diagnostics, io)
    return 3
  }
  if (error instanceof Interrupted) {
    io.stderr.write('Interrupted.\n')
    return 130
  }
  if (error instanceof ConvergeError) {
    const [first = '', ...rest] = renderError(error, io.stderr.style)
    io.stderr.write([`${escapeLine(error.host)}: ${first}`, ...rest, ''].join('\n'))
    return 1
  }
  if (isSystemError(error)) {
    io.stderr.write(`${io.stderr.style.error('error:')} ${escapeLine(error.message)}\n`)
    return 1
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  io.stderr.write(`${io.stderr.style.error('This is a bug in converge; please report it.')}\n${stack}\n`)
  return 1
}

/** A failure of this machine's own file system or network, such as a full disk. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

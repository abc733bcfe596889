import { getSystemErrorMap } from 'node:util'

export interface SystemError extends Error {
  readonly code: unknown
  readonly syscall: unknown
  readonly errno?: number | undefined
  readonly path?: string | undefined
}

/** A failure of this machine's own file system, processes or network, such as a full disk. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** `/srv/plan.json: no space left on device`, and what to do if that depends on converge. */
export function systemMessage(error: SystemError): string {
  const { errno = 0, path, code, message } = error
  const words = getSystemErrorMap().get(errno)?.[1]
  if (words === undefined || path === undefined) return message
  return `${path}: ${words}${code === 'EMFILE' ? `; ${moreFiles}` : ''}`
}

/** What to do if this machine has too many open files. */
export const moreFiles = 'allow more with `ulimit -n`, or pass a smaller --parallel'

/** The error with the file that it is about: Node leaves that out if a file that is open cannot be written. */
export function naming(path: string, error: unknown): unknown {
  return isSystemError(error) && error.path === undefined ? Object.assign(error, { path }) : error
}

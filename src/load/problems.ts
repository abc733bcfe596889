import type { Diagnostic, Position } from '../model/diagnostic.ts'
import { formatPath, type Path } from '../model/path.ts'

export interface Problem {
  readonly code: string
  readonly path?: Path
  readonly message: string
  readonly hint?: string | undefined
  readonly position?: Position | undefined
}

/** Collects everything that is wrong, each thing once: what stands in a role is wrong for all of its hosts alike. */
export interface Problems {
  error(problem: Problem): void
  warning(problem: Problem): void
  /** Takes over diagnostics that were made elsewhere. */
  add(diagnostics: readonly Diagnostic[]): void
  readonly errors: readonly Diagnostic[]
  readonly warnings: readonly Diagnostic[]
}

export function createProblems(): Problems {
  const found = new Map<string, Diagnostic>()
  const add = (diagnostic: Diagnostic): void => {
    const { severity, code, path, message, position } = diagnostic
    // What stands at one place is one mistake, whichever way it was reached.
    const place = position === undefined ? path : `${position.file}:${position.line}:${position.column}`
    const key = JSON.stringify([severity, code, message, place])
    if (!found.has(key)) found.set(key, diagnostic)
  }
  const withSeverity = (severity: Diagnostic['severity']) => (problem: Problem) => {
    const { code, path = [], message, hint, position } = problem
    add({
      severity,
      code,
      path: formatPath(path),
      message,
      ...(hint === undefined || hint === '' ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    })
  }
  const listed = (severity: Diagnostic['severity']) =>
    [...found.values()].filter((diagnostic) => diagnostic.severity === severity).sort(byPosition)
  return {
    error: withSeverity('error'),
    warning: withSeverity('warning'),
    add: (diagnostics) => diagnostics.forEach(add),
    get errors() {
      return listed('error')
    },
    get warnings() {
      return listed('warning')
    },
  }
}

/** As one reads the file; what has no place comes first. */
function byPosition({ position: one }: Diagnostic, { position: other }: Diagnostic): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0)
}

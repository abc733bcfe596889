import { type Diagnostic, diagnosticOf, type Problem } from '../model/diagnostic.ts'

/** Collects everything that is wrong, each thing once: what stands in a role is wrong for all of its hosts alike. */
export interface Problems {
  error(problem: Problem): void
  warning(problem: Problem): void
  readonly errors: readonly Problem[]
  readonly warnings: readonly Diagnostic[]
}

export function createProblems(): Problems {
  const errors = new Map<string, Problem>()
  const warnings = new Map<string, Problem>()
  const addTo = (found: Map<string, Problem>) => (problem: Problem) => {
    const { code, path, message, position } = problem
    // What stands at one place is one mistake, whichever way it was reached.
    const place = position === undefined ? path : [position.file, position.line, position.column]
    const key = JSON.stringify([code, message, place])
    if (!found.has(key)) found.set(key, problem)
  }
  return {
    error: addTo(errors),
    warning: addTo(warnings),
    get errors() {
      return [...errors.values()].sort(byPosition)
    },
    get warnings() {
      return [...warnings.values()].sort(byPosition).map((problem) => diagnosticOf('warning', problem))
    },
  }
}

/** As one reads the file; what has no place comes first. */
function byPosition({ position: one }: Problem, { position: other }: Problem): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0)
}

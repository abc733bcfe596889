import { type Diagnostic, diagnosticOf, type Problem } from '../model/diagnostic.ts'

/** Collects mistakes, each place once: a mistake in a role would repeat for all of its hosts. */
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
    // One mistake per place.
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

/** In file order; problems without a position come first. */
function byPosition({ position: one }: Problem, { position: other }: Problem): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0)
}

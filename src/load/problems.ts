import { type Diagnostic, diagnosticOf, type Problem } from '../model/diagnostic.ts'
import { collectProblems, type GroupedProblem, nameHosts } from '../model/problems.ts'

/** Collects mistakes, each place once: a mistake in a role would repeat for all of its hosts. */
export interface Problems {
  error(problem: Problem): void
  warning(problem: Problem): void
  /** The host that the following mistakes are about. */
  concern(host: string | undefined): void
  readonly errors: readonly Problem[]
  readonly warnings: readonly Diagnostic[]
}

export function createProblems(): Problems {
  const errors = collectProblems({ oneMistake: 'per place' })
  const warnings = collectProblems({ oneMistake: 'per place' })
  let host: string | undefined
  return {
    error: (problem) => errors.add(problem, host),
    warning: (problem) => warnings.add(problem, host),
    concern(name) {
      host = name
    },
    get errors() {
      return errors.all().map(withHosts).sort(byPosition)
    },
    get warnings() {
      const found = warnings.all().map(withHosts).sort(byPosition)
      return found.map((problem) => diagnosticOf('warning', problem))
    },
  }
}

/** Hosts are named only if the words of the message are of one of them. */
function withHosts({ problem, hosts, isVaried }: GroupedProblem): Problem {
  return isVaried ? { ...problem, message: `${problem.message} (${nameHosts([...hosts])})` } : problem
}

/** By file and in the order of each; problems without a position come first. */
function byPosition({ position: one }: Problem, { position: other }: Problem): number {
  const [file = '', otherFile = ''] = [one?.file, other?.file]
  if (file !== otherFile) return file < otherFile ? -1 : 1
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0)
}

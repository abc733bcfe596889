import type { PathFact } from '../model/facts.ts'
import type { Operation } from '../model/operation.ts'
import { accountRules } from './accounts.ts'
import { commandRules } from './commands.ts'
import type { OperationRules, RulesByOperation } from './operation-rules.ts'
import { packageOperationRules } from './packages.ts'
import { pathRules } from './paths.ts'
import { unitRules } from './units.ts'

/** Everything that converge knows about each operation; the compiler names what a new one leaves out. */
const rules: RulesByOperation = {
  ...pathRules,
  ...accountRules,
  ...packageOperationRules,
  ...unitRules,
  ...commandRules,
}

/** The rules of this very operation. */
export function rulesOf(operation: Operation): OperationRules<Operation> {
  // Methods take their parameters bivariantly, and the key is the operation's own.
  return rules[operation.op]
}

/** The path that an operation acts on, if it acts on one. */
export function pathOf(operation: Operation): string | undefined {
  return 'path' in operation ? operation.path : undefined
}

/** systemd's unit load paths of the system manager (systemd.unit(5)). */
const unitPath = /^\/(?:etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\//

/** Whether systemd must read its unit files again after an operation. */
export function changesUnitFile(operation: Operation): boolean {
  return rulesOf(operation).changesUnitFiles && unitPath.test(pathOf(operation) ?? '')
}

/** What is at a path after an operation, as `appliedState` says it; undefined if the operation is on another path. */
export function stateAfter(operation: Operation, path: string, before: PathFact): string | undefined {
  return pathOf(operation) === path ? rulesOf(operation).stateAfter(operation, before) : undefined
}

/** In the order in which an undo has to happen, whatever it undoes; see `UndoRank`. */
export function inUndoOrder<T>(all: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return all.toSorted((a, b) => {
    const [first, second] = [operationOf(a), operationOf(b)]
    const byRank = rulesOf(first).undoRank(first) - rulesOf(second).undoRank(second)
    return byRank || depth(first) - depth(second)
  })
}

/** What was done last is undone first, as far as the order of an undo allows. */
export function inReverse<T>(done: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return inUndoOrder(done.toReversed(), operationOf)
}

/** The inner paths are removed before the outer ones, which are made before the inner ones. */
function depth(operation: Operation): number {
  const parts = pathOf(operation)?.split('/').length ?? 0
  return operation.op === 'remove' ? -parts : parts
}

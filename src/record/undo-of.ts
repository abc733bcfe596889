import type { Answers } from '../model/facts.ts'
import type { Undo } from '../model/manifest.ts'
import type { Change } from '../model/plan.ts'
import { inReverse, rulesOf } from '../operations/index.ts'
import { withoutContent } from './manifest-entry.ts'

/** The undo of an apply of these changes as this generation. */
export function undoOfChanges(
  changes: readonly Change[],
  facts: Answers,
  generation: number,
): readonly Undo[] {
  return undoOf(
    changes.map(({ resource, operation }, index) => ({ resource, operation, index })),
    facts,
    generation,
  )
}

/** The operations whose undo leaves something as they made it; undefined if there are none. */
export function lastingOf(done: readonly Undo[], facts: Answers): readonly Undo[] | undefined {
  const lasting = done.flatMap(({ resource, operation }) =>
    rulesOf(operation).outlasts(operation, facts) ? [{ resource, operation: withoutContent(operation) }] : [],
  )
  return lasting.length === 0 ? undefined : lasting
}

/** The undo of a generation: the inverse of each operation in reverse order, then its restarts. */
export function undoOf(
  done: readonly (Undo & { readonly index: number })[],
  facts: Answers,
  generation: number,
): readonly Undo[] {
  const inverses = done.flatMap(({ resource, operation, index }) =>
    rulesOf(operation)
      .inverse(operation, facts, `generations/${generation}/${index}`)
      .map((inverse): Undo => ({ resource, operation: inverse })),
  )
  return inReverse(inverses, ({ operation }) => operation)
}

import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Change, Owed } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'
import type { CatalogEntry, Guard, Step } from '../../model/resource.ts'
import { awaitHealthy } from './await-healthy.ts'
import { fileDiff } from './file-diff.ts'
import { isGuard } from './guard.ts'

/** What is known of a step besides itself. */
export interface StepContext {
  /** What is left for the host to decide. */
  readonly guard: Guard
  /** The notifications that it carries out. */
  readonly settles?: readonly Owed[]
  /** Decided on the host: only if one of the changes that owe this was made. */
  readonly whenOwed?: Owed | undefined
}

/** A step as a change of the plan; starting or restarting the member of a group, it is followed by the wait for its health. */
export function changesOf(
  entry: CatalogEntry,
  { operation, reason, expects = [], owes = [], phase }: Step,
  facts: Facts,
  { guard, settles = [], whenOwed }: StepContext,
): readonly Change[] {
  const { resource, notifies } = entry
  const change: Change = {
    resource: resource.id,
    operation,
    reason,
    ...given({ diff: fileDiff(operation, facts) }),
    expects: expects.flatMap((path) => {
      const state = facts.paths[path]
      return state === undefined ? [] : [{ path, state }]
    }),
    owes: [
      ...owes.map((action): Owed => ({ resource: resource.id, action })),
      // What is done after all notifications earns none.
      ...(phase === 'last'
        ? []
        : notifies.map(({ resource: target, action }): Owed => ({ resource: target, action }))),
    ],
    settles,
    ...given({ guard: isGuard(guard) ? guard : undefined, whenOwed }),
  }
  const { disruption } = resource.relations
  return disruption === undefined ? [change] : withHealth(change, disruption)
}

/** Members that start do not block each other: they wait for their peers. */
function withHealth(change: Change, disruption: Disruption): readonly Change[] {
  const { operation } = change
  const starts = operation.op === 'unit' && operation.action === 'start'
  return [
    starts ? { ...change, operation: { ...operation, noBlock: true } } : change,
    ...awaitHealthy(change, disruption),
  ]
}

import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Change, Owed } from '../../model/plan.ts'
import type { Disruption } from '../../model/relations.ts'
import type { CatalogEntry, Guard, Step } from '../../model/resource.ts'
import { awaitHealthy } from './await-healthy.ts'
import { fileDiff } from './file-diff.ts'
import { isGuard } from './guard.ts'

/** The context of a step. */
export interface StepContext {
  /** Conditions for the host to evaluate. */
  readonly guard: Guard
  readonly settles?: readonly Owed[]
  /** What the step owes to its own resource and to those that read the same file. */
  readonly owed?: readonly Owed[]
  /** What the host was inspected with, if the facts are those after earlier changes. */
  readonly seen?: Facts
  /** The host skips it unless one of the changes that owe this was made. */
  readonly whenOwed?: Owed | undefined
}

function isUnasked({ op }: Step['operation'], { onlyIf, unless, absent }: Guard): boolean {
  return op === 'run' && (onlyIf ?? unless) !== undefined && absent === undefined
}

const mayRun = 'may run; the host decides after the changes before it'

/** A step as a change of the plan; a wait for its health follows the start or restart of a group member. */
export function changesOf(
  entry: CatalogEntry,
  { operation, reason, expects = [], phase, regroups, consent }: Step,
  facts: Facts,
  { guard, settles = [], whenOwed, owed = [], seen = facts }: StepContext,
): readonly Change[] {
  const { resource, notifies } = entry
  const change: Change = {
    resource: resource.id,
    operation,
    reason: isUnasked(operation, guard) && settles.length === 0 ? mayRun : reason,
    ...given({ diff: fileDiff(operation, facts) }),
    expects: expects.flatMap((path) => {
      const state = seen.paths[path]
      return state === undefined ? [] : [{ path, state }]
    }),
    owes: [
      ...owed,
      // What is done after all notifications earns none.
      ...(phase === 'last'
        ? []
        : notifies.map(({ resource: target, action }): Owed => ({ resource: target, action }))),
    ],
    settles,
    ...given({ guard: isGuard(guard) ? guard : undefined, whenOwed, regroups, consent }),
  }
  const { disruption } = resource.relations
  return disruption === undefined ? [change] : withHealth(change, disruption)
}

/** The start of a member does not block, because members wait for their peers. */
function withHealth(change: Change, disruption: Disruption): readonly Change[] {
  const { operation } = change
  const starts = operation.op === 'unit' && operation.action === 'start'
  return [
    starts ? { ...change, operation: { ...operation, noBlock: true } } : change,
    ...awaitHealthy(change, disruption),
  ]
}

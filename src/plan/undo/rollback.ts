import { ConvergeError } from '../../model/errors.ts'
import type { Facts, PendingNotification, Probe } from '../../model/facts.ts'
import { type ManifestEntry, manifestText, rollbackWords, type Undo } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { type Change, type HostPlan, type Owed, type PlannedHost, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { changesUnitFile, expectNow, rulesOf } from '../../operations/index.ts'
import { holdLine } from '../../record/hold.ts'
import { keptBy } from '../../record/kept.ts'
import { undoOfChanges } from '../../record/undo-of.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import { awaitHealthy } from '../host/await-healthy.ts'
import { withDaemonReload } from '../host/daemon-reload.ts'
import { withTakenAlong } from '../host/taken-along.ts'
import { lastWordPerSubject, type OfGeneration } from './last-word.ts'
import { type KeptContents, withContents } from './rollback-contents.ts'

/** Probes that show what is still to be undone. */
export function undoProbes(undoes: readonly Undo[]): readonly Probe[] {
  return undoes.flatMap(({ operation }) => rulesOf(operation).probes(operation))
}

export interface RollbackInput extends KeptContents {
  /** Who runs it, for the hold. */
  readonly by: string
}

/** The plan that undoes generations, newest first. It is itself a generation, and holds the host until its spec changes. */
export function planRollback(input: RollbackInput): HostPlan {
  const { catalog, facts, generations, by } = input
  const oldest = generations.at(-1)
  if (oldest === undefined) {
    const error = new ConvergeError('unsupported', 'there is no such generation to return to', {
      host: catalog.host,
      step: 'plan',
      remedy: `converge history ${catalog.host} lists the generations that are kept.`,
    })
    return { host: catalog.host, status: 'failed', error }
  }
  const undoes = lastWordPerSubject(generations)
  const needed = stillNeeded(undoes, facts)
  // Without changes restarts are useless, unless an earlier try was killed before them.
  const touches = needed.some(
    (one) => !isRestart(one.operation) || facts.pending.some((pending) => isPendingRestart(one, pending)),
  )
  const changes = touches ? healthyAgain(withContents(owing(needed, facts), input), catalog) : []
  const generation = (facts.state?.generation ?? 0) + 1
  const kept = keeping(
    withDaemonReload(withTakenAlong(changes, catalog, facts), catalog, facts),
    facts,
    generation,
  )
  const planned: PlannedHost = {
    host: catalog.host,
    status: 'planned',
    changes: kept,
    facts,
    disrupts: disruptedGroups(membersOn(catalog, facts), kept),
    notes: facts.pending
      .filter((one) => !kept.some(({ settles }) => settles.some((owed) => isOwed(owed, one))))
      .map(({ action, resource }) => `the ${action} of ${resource} stays pending`),
  }
  if (kept.length === 0) return planned
  const done = kept.map(({ resource, reason }) => `${resource}: ${reason}`)
  return {
    ...planned,
    bookkeeping: {
      ...undoing(catalog, facts, by, generation, oldest.manifest),
      summary: [`${rollbackWords}${oldest.number}`, ...done],
      revert: undoOfChanges(kept, facts, generation),
    },
    undoes,
  }
}

/** How an undo is recorded: the host gets this manifest, keeps what is pending, and is held. */
function undoing(
  catalog: HostCatalog,
  facts: Facts,
  by: string,
  generation: number,
  manifest: readonly ManifestEntry[],
) {
  const outcome = manifestText(manifest)
  const hold = holdLine(catalog, by)
  return { generation, summary: [], revert: [], records: [], outcome, leaves: facts.pending, hold }
}

/** What a rollback still has to undo. */
export function remainingAfterRollback(undoes: readonly Undo[], facts: Facts): readonly Change[] {
  const left = stillNeeded(undoes, facts).filter(({ operation }) => !isRestart(operation))
  return left.map(({ resource, operation }) =>
    plainChange({ resource, operation, reason: 'not rolled back' }),
  )
}

function stillNeeded<One extends Undo>(undoes: readonly One[], facts: Facts): readonly One[] {
  const needed = undoes.filter(({ operation }) => rulesOf(operation).isNeeded(operation, facts))
  // Another unit file may have another [Install].
  const relinks = ({ resource, operation }: Undo): boolean =>
    operation.op === 'unit' &&
    operation.action === 'enable' &&
    needed.some((one) => one.resource === resource && changesUnitFile(one.operation))
  return undoes.filter((one) => needed.includes(one) || relinks(one))
}

/** The undo of a plan that is about to be applied, for a host that undoes it by itself. */
export function planWayBack(plan: PlannedHost, catalog: HostCatalog, by: string) {
  const { facts, bookkeeping } = plan
  // The generation of the apply: a newer one shows that a connection got through.
  const generation = bookkeeping?.generation ?? 0
  const reverting = (bookkeeping?.revert ?? []).map((one) => ({ ...one, generation }))
  const changes = owing(reverting, facts).map((change) => ({ ...change, expects: [] }))
  return {
    changes: withDaemonReload(changes, catalog, facts),
    journal: facts.journal,
    bookkeeping: undoing(catalog, facts, by, generation, facts.state?.manifest ?? []),
  }
}

function isRestart(
  operation: Operation,
): operation is Extract<Operation, { op: 'unit' }> & { readonly action: 'restart' | 'reload' } {
  return operation.op === 'unit' && (operation.action === 'restart' || operation.action === 'reload')
}

function isPendingRestart({ resource, operation }: Undo, pending: PendingNotification): boolean {
  return operation.op === 'unit' && isOwed({ resource, action: operation.action }, pending)
}

/** The first change owes the restarts, so that a kill does not lose them. */
function owing(reverting: readonly OfGeneration[], facts: Facts): readonly Change[] {
  const owed = reverting.flatMap(({ resource, operation }): Owed[] =>
    isRestart(operation) ? [{ resource, action: operation.action }] : [],
  )
  return reverting.map(({ resource, operation, generation }, index): Change => {
    const isOwn = (one: Owed) =>
      one.resource === resource && operation.op === 'unit' && one.action === operation.action
    return {
      resource,
      operation,
      reason: isRestart(operation)
        ? 'reads what was rolled back'
        : `as it was before generation ${generation}`,
      expects: expectNow(operation, facts),
      owes: index === 0 ? owed : [],
      settles: owed.filter(isOwn),
    }
  })
}

/** Adds the waits for healthy group members, as in an apply. */
function healthyAgain(changes: readonly Change[], { entries }: HostCatalog): readonly Change[] {
  return changes.flatMap((change) => {
    const own = entries.find(({ resource }) => resource.id === change.resource)
    const disruption = own?.resource.relations.disruption
    return disruption === undefined ? [change] : [change, ...awaitHealthy(change, disruption)]
  })
}

function keeping(changes: readonly Change[], facts: Facts, generation: number): readonly Change[] {
  return changes.map((change, index) => {
    const keeps = keptBy(change, facts, `generations/${generation}/${index}`)
    return keeps.length === 0 ? change : { ...change, keeps }
  })
}

function isOwed(owed: PendingNotification, one: PendingNotification): boolean {
  return owed.resource === one.resource && owed.action === one.action
}

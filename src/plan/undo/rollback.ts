import { ConvergeError } from '../../model/errors.ts'
import type { Facts, PendingNotification, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import {
  type KeptGeneration,
  type ManifestEntry,
  manifestText,
  rollbackWords,
  type Undo,
} from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { type Change, type HostPlan, type Owed, type PlannedHost, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import {
  changesUnitFile,
  expectNow,
  isEdit,
  pathOf,
  rulesOf,
  stateAfter,
  takesOver,
} from '../../operations/index.ts'
import { holdLine } from '../../record/hold.ts'
import { keptBy } from '../../record/kept.ts'
import { lastingOf, undoOfChanges } from '../../record/undo-of.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import { awaitHealthy } from '../host/await-healthy.ts'
import { withDaemonReload } from '../host/daemon-reload.ts'
import { refuseMountedFiles } from '../host/mounts.ts'
import { withTakenAlong } from '../host/taken-along.ts'
import { withTreeContents } from '../host/trees.ts'
import { isLost, lostContent } from './kept-content.ts'
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

/** The plan that undoes generations, newest first. It is itself a generation, and holds the host until its spec changes. Throws a ResourceConflict. */
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
  const all = onePerLine(lastWordPerSubject(generations), facts)
  const undoes = all.filter(({ operation }) => !isLost(operation, facts))
  const lasting = notUndone(generations, all, facts)
  const needed = stillNeeded(undoes, facts)
  // Without changes restarts are useless, unless an earlier try was killed before them.
  const touches = needed.some(
    (one) => !isRestart(one.operation) || facts.pending.some((pending) => isPendingRestart(one, pending)),
  )
  const changes = touches ? healthyAgain(withContents(owing(needed, facts), input), catalog) : []
  const generation = (facts.state?.generation ?? 0) + 1
  const kept = keeping(
    withDaemonReload(
      withTakenAlong(withTreeContents(changes, catalog, facts), catalog, facts),
      catalog,
      facts,
    ),
    facts,
    generation,
  )
  refuseMountedFiles(kept, facts)
  const planned: PlannedHost = {
    host: catalog.host,
    status: 'planned',
    changes: kept,
    facts,
    disrupts: disruptedGroups(membersOn(catalog, facts), kept),
    notes: [
      ...(lasting ?? []).map((what) => `not undone: ${what}`),
      ...facts.pending
        .filter((one) => !kept.some(({ settles }) => settles.some((owed) => isOwed(owed, one))))
        .map(({ action, resource }) => `the ${action} of ${resource} stays pending`),
    ],
  }
  if (kept.length === 0) {
    return lasting === undefined
      ? planned
      : { host: catalog.host, status: 'failed', error: lastingError(catalog.host, 'plan', lasting) }
  }
  const done = kept.map(({ resource, reason }) => `${resource}: ${reason}`)
  return {
    ...planned,
    bookkeeping: {
      ...undoing(catalog, facts, by, generation, oldest.manifest),
      summary: [`${rollbackWords}${oldest.number}`, ...done],
      revert: undoOfChanges(kept, facts, generation),
      ...given({ lasting: lastingOf(kept, facts) }),
    },
    undoes,
    ...given({ lasting }),
  }
}

/** Of parts that had one line, one after the other, the oldest has the last word. */
function onePerLine(undoes: readonly OfGeneration[], facts: Facts): readonly OfGeneration[] {
  return undoes.filter(({ operation, generation }) => {
    if (!isEdit(operation)) return true
    const older = undoes.filter((one) => one.generation < generation).map((one) => one.operation)
    return !older.some((one) => isEdit(one) && takesOver(one, operation, facts))
  })
}

/** What a rollback leaves as the generations made it, in words; undefined if it undoes everything. */
function notUndone(
  generations: readonly KeptGeneration[],
  undoes: readonly Undo[],
  facts: Facts,
): readonly string[] | undefined {
  const made = generations
    .flatMap(({ lasting = [] }) => lasting)
    .filter(({ operation }) => wasDone(operation, facts))
    .map(({ operation }) => rulesOf(operation).words(operation))
  const lost = stillNeeded(undoes, facts)
    .filter(({ operation }) => isLost(operation, facts))
    .map(({ operation }) => `${pathOf(operation)}: ${lostContent}`)
  const all = [...new Set([...made, ...lost])]
  return all.length === 0 ? undefined : all
}

/** Whether the host is as an operation leaves it: of what is at a path, its kind. */
function wasDone(operation: Operation, facts: Facts): boolean {
  const path = pathOf(operation)
  if (path === undefined) return !rulesOf(operation).isNeeded(operation, facts)
  const live = facts.paths[path] ?? { type: 'absent' }
  const [kind = live.type] = stateAfter(operation, path, live)?.split(' ') ?? []
  return kind === live.type
}

/** Why a host is not as it was before the generations. */
export function lastingError(
  host: string,
  step: 'plan' | 'apply',
  lasting: readonly string[],
): ConvergeError {
  return new ConvergeError('not-undone', `a rollback cannot undo this: ${lasting.join('; ')}`, {
    host,
    step,
    remedy: 'Converge with a spec that declares what was there before.',
  })
}

/** Probes for whether what generations leave is still there. */
export function lastingProbes(generations: readonly KeptGeneration[]): readonly Probe[] {
  return undoProbes(generations.flatMap(({ lasting = [] }) => lasting))
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
export function planRevert(plan: PlannedHost, catalog: HostCatalog, by: string) {
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
  const removed = reverting.flatMap(({ operation }) => (operation.op === 'remove' ? [operation.path] : []))
  const undone = reverting.map(({ resource, operation, generation }, index): Change => {
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
      ...given({ guard: onlyWithFile(operation, removed) }),
    }
  })
  return [...unlinking(reverting, facts), ...undone]
}

/** A unit whose file is put back is disabled first: only its present file says which links and other units that concerns. */
function unlinking(reverting: readonly OfGeneration[], { units }: Facts): readonly Change[] {
  const changed = reverting.flatMap(({ resource, operation }) =>
    changesUnitFile(operation) ? [resource] : [],
  )
  return reverting.flatMap(({ resource, operation }): readonly Change[] => {
    if (operation.op !== 'unit' || operation.action !== 'enable' || !changed.includes(resource)) return []
    const { unit } = operation
    if (units[unit]?.file !== 'enabled') return []
    const disable = { ...operation, action: 'disable' } as const
    return [
      {
        ...plainChange({ resource, operation: disable, reason: 'its [Install] may change' }),
        guard: { loaded: unit },
      },
    ]
  })
}

/** A unit whose file is removed has another one only if its package brings it. */
function onlyWithFile(operation: Operation, removed: readonly string[]): Change['guard'] {
  if (operation.op !== 'unit' || rulesOf(operation).undoRank(operation) === 0) return undefined
  const { unit } = operation
  const files = [unit, unit.replace(/@.*(?=\.)/, '@')]
  return removed.some((path) => files.some((file) => path.endsWith(`/systemd/system/${file}`)))
    ? { loaded: unit }
    : undefined
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

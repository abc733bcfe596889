import type { Facts } from '../../model/facts.ts'
import type { Change, HostPlan, Owed } from '../../model/plan.ts'
import type { CatalogEntry, Disruption, Guard, HostCatalog, Step } from '../../model/resource.ts'
import type { Prune } from '../undo/prune.ts'
import { awaitHealthy } from './await-healthy.ts'
import { withDaemonReload } from './daemon-reload.ts'
import { fileDiff } from './file-diff.ts'
import { carryOutDelayed } from './notifications.ts'

type PlannedHost = Extract<HostPlan, { status: 'planned' }>

/**
 * What must be done to one host, in order. `startTogether` names the disruption groups whose members start at the
 * same time and therefore do not block on each other. Throws ResourceConflict where a resource cannot be made true.
 */
export function planHost(
  catalog: HostCatalog,
  facts: Facts,
  startTogether: ReadonlySet<string>,
  pruned: Prune = { first: [], last: [] },
): PlannedHost {
  const changes: Change[] = []
  const last: Change[] = []
  let starts: Change[] = []
  for (const entry of catalog.entries) {
    const isNeighbour = startsBehindNeighbours(entry)
    if (!isNeighbour || starts.some(({ resource }) => entry.after.includes(resource))) {
      changes.push(...starts)
      starts = []
    }
    const decision = decide(entry, facts, changes.length > 0)
    if (decision === 'skip') continue
    const steps = entry.resource.steps(facts)
    for (const step of steps) {
      const list = step.phase === 'last' ? last : isNeighbour && startsOrStops(step) ? starts : changes
      list.push(...stepChanges(entry, step, facts, decision, startTogether))
    }
    if (steps.some((step) => step.phase !== 'last'))
      changes.push(...immediate(catalog, entry, facts, startTogether))
  }
  changes.push(...starts)
  const delayed = carryOutDelayed(catalog, facts, changes, (target, step, answered) =>
    notifiedChanges(target, step, answered, startTogether),
  )
  const all = [...pruned.first, ...delayed.changes, ...last, ...pruned.last]
  return {
    host: catalog.host,
    status: 'planned',
    changes: withDaemonReload(withSecretsHidden(all, facts), catalog, facts),
    facts,
    disrupts: disruptions(catalog, delayed.changes),
    notes: [...ownershipNote(facts), ...delayed.notes],
  }
}

/**
 * Whether a unit starts or stops only when the units beside it in the catalog have their files and are enabled, so that
 * systemd reads its files once for all of them.
 */
function startsBehindNeighbours({ resource, notifies }: CatalogEntry): boolean {
  const { onlyIf, unless } = resource.relations
  return (
    resource.kind === 'unit' &&
    onlyIf === undefined &&
    unless === undefined &&
    notifies.every(({ timing }) => timing === 'delayed')
  )
}

function startsOrStops({ operation }: Step): boolean {
  return operation.op === 'unit' && (operation.action === 'start' || operation.action === 'stop')
}

/** A write shows what was there before: where that was sensitive it stays so, also when the spec says so no more. */
function withSecretsHidden(changes: readonly Change[], facts: Facts): readonly Change[] {
  const secret = new Set(
    (facts.state?.manifest ?? []).flatMap(({ sensitive, paths }) => (sensitive ? Object.keys(paths) : [])),
  )
  if (secret.size === 0) return changes
  return changes.map((change): Change => {
    const { operation } = change
    if (operation.op !== 'write' || !secret.has(operation.path)) return change
    const diff = { path: operation.path, omitted: 'sensitive' } as const
    return { ...change, operation: { ...operation, sensitive: true }, diff }
  })
}

/** Whether a guarded entry acts: its check as inspected, unless an earlier operation may still change the answer. */
function decide(
  { resource }: CatalogEntry,
  facts: Facts,
  somethingChanges: boolean,
): Guard | 'skip' | undefined {
  const { onlyIf, unless } = resource.relations
  if (onlyIf === undefined && unless === undefined) return undefined
  if (somethingChanges) {
    return { ...(onlyIf === undefined ? {} : { onlyIf }), ...(unless === undefined ? {} : { unless }) }
  }
  const allowed =
    (onlyIf === undefined || facts.checks[onlyIf] === true) &&
    (unless === undefined || facts.checks[unless] !== true)
  return allowed ? undefined : 'skip'
}

function stepChanges(
  entry: CatalogEntry,
  step: Step,
  facts: Facts,
  decided: Guard | undefined,
  startTogether: ReadonlySet<string>,
): Change[] {
  const { resource, notifies } = entry
  const diff = fileDiff(step.operation, facts)
  const guard = step.guard ?? decided
  const change: Change = {
    resource: resource.id,
    operation: step.operation,
    reason: step.reason,
    ...(diff === undefined ? {} : { diff }),
    expects: (step.expects ?? []).flatMap((path) => {
      const state = facts.paths[path]
      return state === undefined ? [] : [{ path, state }]
    }),
    owes: [
      ...(step.owes ?? []).map((action): Owed => ({ resource: resource.id, action })),
      ...notifies.map(({ resource: target, action }): Owed => ({ resource: target, action })),
    ],
    settles: [],
    ...(guard === undefined ? {} : { guard }),
  }
  return withHealth(change, resource.relations.disruption, startTogether)
}

/** The changes by which an entry answers to a notification; they notify others in their turn. */
function notifiedChanges(
  { resource, notifies }: CatalogEntry,
  step: Step,
  { settles, whenOwed }: { readonly settles: readonly Owed[]; readonly whenOwed: Owed | undefined },
  startTogether: ReadonlySet<string>,
): Change[] {
  const { onlyIf, unless, disruption } = resource.relations
  const guarded = onlyIf !== undefined || unless !== undefined
  const change: Change = {
    resource: resource.id,
    operation: step.operation,
    reason: step.reason,
    expects: [],
    owes: notifies.map(({ resource: target, action }): Owed => ({ resource: target, action })),
    settles,
    ...(guarded
      ? {
          guard: { ...(onlyIf === undefined ? {} : { onlyIf }), ...(unless === undefined ? {} : { unless }) },
        }
      : {}),
    ...(whenOwed === undefined ? {} : { whenOwed }),
  }
  return withHealth(change, disruption, startTogether)
}

function immediate(
  catalog: HostCatalog,
  entry: CatalogEntry,
  facts: Facts,
  startTogether: ReadonlySet<string>,
): Change[] {
  return entry.notifies
    .filter(({ timing }) => timing === 'immediate')
    .flatMap(({ resource: id, action }) => {
      const target = catalog.entries.find(({ resource }) => resource.id === id)
      if (target === undefined) return []
      return target.resource
        .steps(facts, { action })
        .flatMap((step) =>
          notifiedChanges(
            target,
            { ...step, reason: `notified at once by ${entry.resource.id}` },
            { settles: [{ resource: id, action }], whenOwed: undefined },
            startTogether,
          ),
        )
    })
}

/** A disrupting unit action is followed by the wait until the member is healthy again. */
function withHealth(
  change: Change,
  disruption: Disruption | undefined,
  startTogether: ReadonlySet<string>,
): Change[] {
  const { operation } = change
  if (disruption === undefined || operation.op !== 'unit') return [change]
  const together = operation.action === 'start' && startTogether.has(disruption.group)
  return [
    together ? { ...change, operation: { ...operation, noBlock: true } } : change,
    ...awaitHealthy(change, disruption),
  ]
}

/** A start disrupts nobody: the member was down. What stops a running one does. */
function disruptions(catalog: HostCatalog, changes: readonly Change[]): readonly Disruption[] {
  return catalog.entries.flatMap(({ resource }) => {
    const { disruption } = resource.relations
    const disrupts = changes.some(
      ({ resource: id, operation }) =>
        id === resource.id &&
        operation.op === 'unit' &&
        (operation.action === 'restart' || operation.action === 'stop'),
    )
    return disruption !== undefined && disrupts ? [disruption] : []
  })
}

function ownershipNote({ platform }: Facts): readonly string[] {
  return platform.rooted && platform.uid !== 0
    ? ['owners and groups are left alone: not running as root']
    : []
}

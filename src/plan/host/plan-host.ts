import type { Facts } from '../../model/facts.ts'
import type { Change, HostPlan } from '../../model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import { noPrune, type Prune } from '../undo/prune.ts'
import { withDaemonReload } from './daemon-reload.ts'
import { decideByFacts } from './guard.ts'
import { carryOutDelayed, orphans } from './notifications.ts'
import { type Decider, resourceChanges } from './resource-changes.ts'
import { withServices } from './sockets.ts'

type PlannedHost = Extract<HostPlan, { status: 'planned' }>

/** The changes of one host, in order. Throws a ResourceConflict if something is in the way of a resource. */
export function planHost(catalog: HostCatalog, facts: Facts, pruned: Prune = noPrune): PlannedHost {
  const decider: Decider = {
    facts,
    decide: (guard, earlier) => decideByFacts(guard, facts, earlier),
    isCertain: ({ guard, whenOwed }) => guard === undefined && whenOwed === undefined,
    knowsPending: true,
  }
  const entries = pruned.parts.size === 0 ? catalog.entries : catalog.entries.map(withParts(pruned))
  const { changes, last } = resourceChanges({ ...catalog, entries }, decider, pruned.first)
  const delayed = carryOutDelayed(catalog, facts.pending, changes, decider)
  const all = withServices([...pruned.first, ...delayed, ...last, ...pruned.last], catalog, facts)
  return {
    host: catalog.host,
    status: 'planned',
    changes: withDaemonReload(withSecretsHidden(all, facts), catalog, facts),
    facts,
    disrupts: disruptedGroups(membersOn(catalog, facts), all),
    notes: [...ownershipNote(facts), ...orphans(catalog, facts.pending)],
  }
}

/** A resource first prunes what it no longer makes. */
function withParts({ parts }: Prune): (entry: CatalogEntry) => CatalogEntry {
  return (entry) => {
    const { resource } = entry
    const first = parts.get(resource.id)
    if (first === undefined) return entry
    const steps: typeof resource.steps = (facts, trigger) =>
      trigger === undefined ? [...first, ...resource.steps(facts)] : resource.steps(facts, trigger)
    return { ...entry, resource: { ...resource, steps } }
  }
}

/** A diff shows the old content: that stays hidden if it was sensitive, even if the spec has changed. */
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

function ownershipNote({ platform }: Facts): readonly string[] {
  return platform.rooted && platform.uid !== 0
    ? ['owners and groups are not changed: not running as root']
    : []
}

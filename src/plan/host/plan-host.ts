import type { Facts } from '../../model/facts.ts'
import type { Change, HostPlan } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { disruptedGroups, membersOn } from '../disruption.ts'
import type { Prune } from '../undo/prune.ts'
import { refuseImpossibleAccounts, withNewIds } from './accounts.ts'
import { withDaemonReload } from './daemon-reload.ts'
import { decideByFacts } from './guard.ts'
import { refuseMountedFiles } from './mounts.ts'
import { carryOutDelayed, orphans } from './notifications.ts'
import { withPackagesAlong } from './packages.ts'
import { type Decider, resourceChanges } from './resource-changes.ts'
import { withTakenAlong } from './taken-along.ts'
import { refuseMissingTools } from './tools.ts'
import { refuseMissingUnits } from './units.ts'

type PlannedHost = Extract<HostPlan, { status: 'planned' }>

/** The changes of one host, in order. Throws a ResourceConflict if something is in the way of a resource. */
export function planHost(
  catalog: HostCatalog,
  facts: Facts,
  pruned: Prune = { first: [], last: [] },
): PlannedHost {
  const decider: Decider = {
    facts: withNewIds(catalog, facts),
    decide: (guard, earlier) => decideByFacts(guard, facts, earlier),
    isCertain: ({ guard, whenOwed }) => guard === undefined && whenOwed === undefined,
    knowsPending: true,
  }
  const { changes, last } = resourceChanges(catalog, decider, pruned.first)
  const delayed = carryOutDelayed(catalog, facts.pending, changes, decider)
  const planned = [...pruned.first, ...delayed, ...last, ...pruned.last]
  const all = withTakenAlong(withPackagesAlong(planned, catalog, facts), catalog, facts)
  refuseImpossibleAccounts(all, facts)
  refuseMountedFiles(all, facts)
  refuseMissingTools(all, facts)
  refuseMissingUnits(all, facts)
  return {
    host: catalog.host,
    status: 'planned',
    changes: withDaemonReload(withSecretsHidden(all, facts), catalog, facts),
    facts,
    disrupts: disruptedGroups(membersOn(catalog, facts), all),
    notes: [...ownershipNote(facts), ...orphans(catalog, facts.pending)],
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

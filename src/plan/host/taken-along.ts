import { type Facts, isStarted } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { awaitHealthy } from './await-healthy.ts'

/**
 * Names what systemd stops or restarts together with the units that a plan stops, restarts or starts. Dependencies that
 * the plan itself adds are not known yet: their units are restarted for their own new files. A
 * member of a group that restarts in this way is waited for like one that restarts by itself.
 */
export function withTakenAlong(
  changes: readonly Change[],
  { entries }: HostCatalog,
  facts: Facts,
): readonly Change[] {
  return changes.flatMap((change) => {
    const { operation } = change
    if (operation.op !== 'unit') return [change]
    const { unit, action, around } = operation
    const stopped = [
      ...(action === 'stop' || action === 'restart' ? [unit] : []),
      ...(around === undefined ? [] : [around]),
    ]
    const conflicts = action === 'start' ? runningConflicts(unit, facts) : []
    const takesAlong = [...conflicts, ...runningDependents([...stopped, ...conflicts], facts)]
    if (takesAlong.length === 0) return [change]
    const what = action === 'restart' ? 'restarts' : 'stops'
    const told = {
      ...change,
      reason: `${change.reason}; ${what} ${takesAlong.join(', ')} as well`,
      takesAlong,
    }
    const waits = entries.flatMap(({ resource: { id, ownsUnit = '', relations } }) =>
      action === 'restart' && relations.disruption !== undefined && takesAlong.includes(ownsUnit)
        ? awaitHealthy({ operation: { ...operation, unit: ownsUnit }, resource: id }, relations.disruption)
        : [],
    )
    return [told, ...waits]
  })
}

function runningConflicts(unit: string, facts: Facts): readonly string[] {
  return (facts.units[unit]?.conflicts ?? []).filter((other) => isStarted(facts.units[other]))
}

/** What depends on the units, directly or not, and runs; without the units themselves. */
function runningDependents(units: readonly string[], facts: Facts): readonly string[] {
  const seen = new Set(units)
  // A Set grows while it is walked.
  for (const unit of seen) for (const dependent of facts.units[unit]?.dependents ?? []) seen.add(dependent)
  return [...seen].slice(units.length).filter((unit) => isStarted(facts.units[unit]))
}

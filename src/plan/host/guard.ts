import { type Facts, isStarted } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Change } from '../../model/plan.ts'
import type { Guard, Resource, Step } from '../../model/resource.ts'

/** All conditions of a step: those of the spec, and its own. */
export function guardOf({ relations: { onlyIf, unless } }: Resource, step?: Step): Guard {
  return { ...given({ onlyIf, unless }), ...step?.guard }
}

export function isGuard(guard: Guard): boolean {
  return Object.keys(guard).length > 0
}

/** The part of a guard that the host must evaluate, because an earlier change may alter the answer; `skip` if it fails. */
export function decideByFacts(
  guard: Guard,
  facts: Facts,
  earlier: readonly Change[] | 'any',
): Guard | 'skip' {
  const { onlyIf, unless, exists, absent, running } = guard
  const isThere = (path: string): boolean => (facts.paths[path]?.type ?? 'absent') !== 'absent'
  if (absent !== undefined && isThere(absent)) return 'skip'
  const startsOrStops = earlier !== 'any' && earlier.some((change) => setsActive(change, running))
  if (running !== undefined && !startsOrStops && !isStarted(facts.units[running])) return 'skip'
  if (earlier.length === 0) {
    const holds =
      (onlyIf === undefined || facts.checks[onlyIf] === true) &&
      (unless === undefined || facts.checks[unless] !== true) &&
      (exists === undefined || isThere(exists))
    return holds ? {} : 'skip'
  }
  // No run removes a path that a guard waits for.
  return given({
    onlyIf,
    unless,
    absent,
    exists: exists !== undefined && isThere(exists) ? undefined : exists,
    running: startsOrStops ? running : undefined,
  })
}

function setsActive({ operation }: Change, unit: string | undefined): boolean {
  return (
    operation.op === 'unit' &&
    operation.unit === unit &&
    (operation.action === 'start' || operation.action === 'stop')
  )
}

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

/**
 * The part of a guard that the host must evaluate, because an earlier change may alter the answer or the facts have none;
 * `skip` if it fails.
 */
export function decideByFacts(
  guard: Guard,
  facts: Facts,
  earlier: readonly Change[] | 'any',
): Guard | 'skip' {
  const { onlyIf, unless, exists, absent, running } = guard
  const isThere = (path: string | undefined): boolean | undefined => {
    const fact = path === undefined ? undefined : facts.paths[path]
    return fact && fact.type !== 'absent'
  }
  const answer = (check: string | undefined): boolean | undefined =>
    check === undefined ? undefined : facts.checks[check]
  if (isThere(absent) === true) return 'skip'
  const unit = running === undefined ? undefined : facts.units[running]
  const startsOrStops = earlier !== 'any' && earlier.some((change) => setsActive(change, running))
  const isOpen = startsOrStops || unit?.active === 'unknown'
  if (running !== undefined && !isOpen && !isStarted(unit)) return 'skip'
  // No run removes a path that a guard waits for.
  const left = {
    onlyIf,
    unless,
    absent,
    exists: isThere(exists) === true ? undefined : exists,
    running: isOpen ? running : undefined,
  }
  if (earlier.length > 0) return given(left)
  if (answer(onlyIf) === false || answer(unless) === true || isThere(exists) === false) return 'skip'
  return given({
    ...left,
    onlyIf: answer(onlyIf) === undefined ? onlyIf : undefined,
    unless: answer(unless) === undefined ? unless : undefined,
    absent: isThere(absent) === undefined ? absent : undefined,
  })
}

function setsActive({ operation }: Change, unit: string | undefined): boolean {
  return (
    operation.op === 'unit' &&
    operation.unit === unit &&
    (operation.action === 'start' || operation.action === 'stop')
  )
}

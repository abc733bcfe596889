import { ConvergeError } from '../model/errors.ts'
import type { Facts } from '../model/facts.ts'
import type { Member } from '../model/manifest.ts'

/** The hosts of the spec, and those that a host remembers beside them until they are retired. */
export function remembered(members: readonly Member[], facts: Facts): readonly Member[] {
  return [...members, ...missing(members, facts.state?.members ?? [])]
}

/** The hosts that any inspected host remembers and that the spec does not have, by name. */
export function departed(
  members: readonly Member[],
  inspection: ReadonlyMap<string, Facts | ConvergeError>,
): readonly Member[] {
  const found = new Map<string, Member>()
  for (const facts of inspection.values()) {
    if (facts instanceof ConvergeError) continue
    for (const member of missing(members, facts.state?.members ?? [])) found.set(member.name, member)
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function missing(members: readonly Member[], before: readonly Member[]): readonly Member[] {
  const names = new Set(members.map(({ name }) => name))
  return before.filter(({ name }) => !names.has(name))
}

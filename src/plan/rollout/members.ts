import type { Cluster } from '../../model/cluster.ts'
import { ConvergeError } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Member } from '../../model/manifest.ts'
import { believed } from '../../model/targets/index.ts'

/** The hosts of the spec, in the form in which hosts remember them. */
export function membersOf({ hosts }: Cluster): readonly Member[] {
  return hosts.map(({ name, target, platform }) => ({ name, target, platform }))
}

/** The hosts of the spec, and those that a host remembers until they are retired. */
export function remembered(members: readonly Member[], facts: Facts): readonly Member[] {
  const gone = missing(members, facts.state?.members ?? [])
  return gone.length === 0 ? members : [...members, ...gone]
}

/** The hosts that any inspected host remembers and that the spec does not have, by name. */
export function departed(
  members: readonly Member[],
  inspection: ReadonlyMap<string, Facts | ConvergeError>,
): readonly Member[] {
  const found = new Map<string, Member>()
  const byName = new Map(members.map((member) => [member.name, member]))
  for (const [name, facts] of inspection) {
    const teller = byName.get(name)
    if (facts instanceof ConvergeError || teller === undefined) continue
    for (const member of missing(members, facts.state?.members ?? [])) {
      const target = believed(member.target, teller.target)
      if (target !== undefined) found.set(member.name, { ...member, target })
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function missing(members: readonly Member[], before: readonly Member[]): readonly Member[] {
  // A host that remembers exactly these has the same list object.
  if (before === members) return []
  const names = new Set(members.map(({ name }) => name))
  return before.filter(({ name }) => !names.has(name))
}

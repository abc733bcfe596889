import type { Cluster } from '../../model/cluster.ts'
import { ConvergeError } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import { type Identity, identityOf, type Member } from '../../model/manifest.ts'
import { believed, placeOf } from '../../model/targets/index.ts'

/** The facts of each selected host, or why there are none. */
export type Inspection = ReadonlyMap<string, Facts | ConvergeError>

/** The hosts of the spec, in the form in which hosts remember them. */
export function membersOf({ hosts }: Pick<Cluster, 'hosts'>): readonly Member[] {
  return hosts.map(({ name, target, platform }) => ({ name, target, platform }))
}

/** The hosts of the spec, and those that a host remembers until they are retired. */
export function remembered(
  members: readonly Member[],
  facts: Facts,
  inspection: Inspection = new Map(),
): readonly Member[] {
  const gone = missing(members, facts.state?.members ?? [], inspection)
  return gone.length === 0 ? members : [...members, ...gone]
}

/**
 * The machines that any inspected host remembers and that the spec does not have, by name. If the spec has moved a name
 * to another machine, the old one is called `NAME@PLACE`.
 */
export function departed(members: readonly Member[], inspection: Inspection): readonly Member[] {
  const found = new Map<string, Member>()
  const byName = new Map(members.map((member) => [member.name, member]))
  for (const [name, facts] of inspection) {
    const teller = byName.get(name)
    if (facts instanceof ConvergeError || teller === undefined) continue
    for (const member of missing(members, facts.state?.members ?? [], inspection)) {
      const target = believed(member.target, teller.target)
      const left = departedName(member, byName, inspection)
      if (target !== undefined && left !== undefined) found.set(left, { ...member, name: left, target })
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What a remembered machine is called now that the spec does not have it. */
export function nameOnceDeparted({ name, place }: Identity, members: readonly Member[]): string {
  return members.some((member) => member.name === name) ? `${name}@${place.replaceAll(' ', '-')}` : name
}

/** Undefined while it is not known whether the name has moved: its host did not answer, or has recorded nothing. */
function departedName(
  member: Member,
  byName: ReadonlyMap<string, Member>,
  inspection: Inspection,
): string | undefined {
  const left = nameOnceDeparted(identityOf(member), [...byName.values()])
  if (left === member.name) return left
  const facts = inspection.get(member.name)
  if (facts === undefined || facts instanceof ConvergeError) return undefined
  return facts.state === undefined || facts.state.identities !== undefined ? left : undefined
}

/** What of the remembered machines the spec no longer has, under any name and at any place. */
function missing(
  members: readonly Member[],
  before: readonly Member[],
  inspection: Inspection,
): readonly Member[] {
  // A host that remembers exactly these has the same list object.
  if (before === members) return []
  const names = new Set(members.map(({ name }) => name))
  const places = new Set(members.flatMap(({ target }) => placeOf(target)?.words ?? []))
  const recognized = new Set(
    [...inspection.values()].flatMap((facts) =>
      facts instanceof ConvergeError ? [] : (facts.state?.identities ?? []).map(wordsOf),
    ),
  )
  return before.filter((member) => {
    const { name, place } = identityOf(member)
    return place === '' ? !names.has(name) : !places.has(place) && !recognized.has(wordsOf({ name, place }))
  })
}

function wordsOf({ name, place }: Identity): string {
  return `${name} ${place}`
}

/** The name under which a machine was last applied, if the spec now calls it by another one. */
export function formerName(host: string, { state }: Facts): string | undefined {
  const name = state?.identities?.at(-1)?.name
  return name === host ? undefined : name
}

export function isFacts(facts: Facts | ConvergeError | undefined): facts is Facts {
  return facts !== undefined && !(facts instanceof ConvergeError)
}

import { InternalError } from '../../model/errors.ts'
import type { Facts, GroupFact, PackageFact, PathFact, UnitFact, UserFact } from '../../model/facts.ts'

// A resource reads only the answers to its own probes; a missing answer is a bug, never `absent`.

export function pathFact(facts: Facts, path: string): PathFact {
  return answer(facts.paths, 'path', path)
}

export function unitFact(facts: Facts, unit: string): UnitFact {
  return answer(facts.units, 'unit', unit)
}

export function userFact(facts: Facts, name: string): UserFact | null {
  return answer(facts.users, 'user', name)
}

export function groupFact(facts: Facts, name: string): GroupFact | null {
  return answer(facts.groups, 'group', name)
}

export function packageFact(facts: Facts, name: string): PackageFact | null {
  return answer(facts.packages, 'package', name)
}

function answer<Fact>(answers: Readonly<Record<string, Fact>>, kind: string, key: string): Fact {
  const fact = Object.hasOwn(answers, key) ? answers[key] : undefined
  if (fact === undefined) throw new InternalError(`the facts have no answer about the ${kind} ${key}`)
  return fact
}

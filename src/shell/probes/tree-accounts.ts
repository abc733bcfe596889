import type { Owned, PlatformFact } from '../../model/facts.ts'
import type { AnswerReader } from '../answers/answer-reader.ts'

/** The names of a root tree's own users and groups by number; this machine has other ones. */
export interface TreeAccounts {
  readonly users: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
  /** Without root everything in a tree belongs to whoever made it, who stands for root there. */
  readonly isOwnedByRoot: boolean
}

export function readTreeAccounts(reader: AnswerReader, { uid }: PlatformFact): TreeAccounts {
  reader.expect('users')
  const users = namesById(reader.linesUntil('groups'))
  return { users, groups: namesById(reader.linesUntil('groups end')), isOwnedByRoot: uid !== 0 }
}

/** The names of an owner in the tree. */
export function treeOwners(
  { users, groups, isOwnedByRoot }: TreeAccounts,
  { uid, gid }: Pick<Owned, 'uid' | 'gid'>,
): Pick<Owned, 'owner' | 'group'> {
  if (isOwnedByRoot) return { owner: 'root', group: 'root' }
  return { owner: users.get(String(uid)) ?? nameless(uid), group: groups.get(String(gid)) ?? nameless(gid) }
}

/** A new tree has no accounts, but root is always 0. */
function nameless(id: number): string {
  return id === 0 ? 'root' : 'UNKNOWN'
}

/** The first name of a number wins, as in getpwuid(3). */
function namesById(lines: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const line of lines) {
    const [name = '', , id = ''] = line.split(':')
    if (id !== '' && !names.has(id)) names.set(id, name)
  }
  return names
}

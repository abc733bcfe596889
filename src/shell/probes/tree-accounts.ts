import type { Owned } from '../../model/facts.ts'
import type { AnswerReader } from '../answers/answer-reader.ts'

/** The names of a root tree's own users and groups by number; this machine has other ones. */
export interface TreeAccounts {
  readonly users: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
}

export function readTreeAccounts(reader: AnswerReader): TreeAccounts {
  reader.expect('users')
  return { users: namesById(reader.linesUntil('groups')), groups: namesById(reader.linesUntil('groups end')) }
}

/** The names of an owner in the tree. */
export function treeOwners(
  { users, groups }: TreeAccounts,
  { uid, gid }: Pick<Owned, 'uid' | 'gid'>,
): Pick<Owned, 'owner' | 'group'> {
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

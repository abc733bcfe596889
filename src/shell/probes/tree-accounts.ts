import type { PathFact } from '../../model/facts.ts'
import type { AnswerReader } from '../answers/answer-reader.ts'

/** The names of a root tree's own users and groups by number: the machine that it lies on has other ones. */
export interface TreeAccounts {
  readonly users: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
}

export function parseTreeAccounts(reader: AnswerReader): TreeAccounts {
  reader.expect('A')
  return { users: namesById(reader.linesUntil('G')), groups: namesById(reader.linesUntil('A end')) }
}

/** The facts with the owners' names as the tree gives them. */
export function withTreeOwners(
  paths: Readonly<Record<string, PathFact>>,
  { users, groups }: TreeAccounts,
): Readonly<Record<string, PathFact>> {
  const named: Record<string, PathFact> = Object.create(null)
  for (const [path, fact] of Object.entries(paths)) {
    named[path] =
      fact.type === 'absent'
        ? fact
        : {
            ...fact,
            owner: users.get(String(fact.uid)) ?? nameless(fact.uid),
            group: groups.get(String(fact.gid)) ?? nameless(fact.gid),
          }
  }
  return named
}

/** An empty tree has no accounts yet, but root is root everywhere. */
function nameless(id: number): string {
  return id === 0 ? 'root' : 'UNKNOWN'
}

/** The first name of a number counts, as for getpwuid(3). */
function namesById(lines: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const line of lines) {
    const [name = '', , id = ''] = line.split(':')
    if (id !== '' && !names.has(id)) names.set(id, name)
  }
  return names
}

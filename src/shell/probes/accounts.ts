import type { GroupFact, UserFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { emptyMap } from '../../model/value.ts'
import { type AnswerReader, integer } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** A user and the names of its groups. */
export const users: ProbeKind<ProbeOf<'user'>, UserFact | null> = {
  probe: 'user',
  subject: ({ name }) => name,
  ask(probes) {
    const mayChange = probes.filter(({ uid, home }) => uid !== undefined || home !== undefined)
    const wanted = mayChange.flatMap(({ name, uid = ':', home = ':' }) => [name, String(uid), home])
    return [
      `inspect_users ${commandLine(probes.map(({ name }) => name))}`,
      `inspect_processes ${commandLine(wanted)}`,
    ]
  },
  read(reader, probes) {
    reader.expect('users')
    const entries = entriesOf(reader.linesUntil('groups'))
    const groupEntries = entriesOf(reader.linesUntil('memberships'))
    const memberships = reader.linesUntil('users end')
    const processes = processesByUser(reader)
    const groupName = (gid: string): string => groupEntries.find(([, , id]) => id === gid)?.[0] ?? gid
    const facts = emptyMap<UserFact | null>()
    for (const { name } of probes) {
      const [, , uid, gid = '', comment = '', home = '', shell = ''] = entryOf(name, entries) ?? []
      const busyPid = processes.get(name)
      const supplementary = memberships.find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? ''
      facts[name] =
        uid === undefined
          ? null
          : {
              ...namedIn(entryOf(name, entries), name),
              uid: integer(uid),
              gid: integer(gid),
              comment,
              home,
              shell,
              group: groupName(gid),
              groups: (supplementary.match(/\d+/g) ?? [])
                .filter((id) => id !== gid)
                .map(groupName)
                .sort(),
              ...given({ busyPid }),
            }
    }
    return facts
  },
}

/** A group. */
export const groups: ProbeKind<ProbeOf<'group'>, GroupFact | null> = {
  probe: 'group',
  subject: ({ name }) => name,
  ask: (probes) => [`inspect_groups ${commandLine(probes.map(({ name }) => name))}`],
  read(reader, probes) {
    reader.expect('groups')
    const entries = entriesOf(reader.linesUntil('primary'))
    const passwd = entriesOf(reader.linesUntil('groups end'))
    const facts = emptyMap<GroupFact | null>()
    for (const { name } of probes) {
      const entry = entryOf(name, entries)
      const members = entry?.[3]?.split(',').filter((user) => user !== '') ?? []
      const primaryOf = passwd.filter(([, , , gid]) => gid === entry?.[2]).map(([user = '']) => user)
      facts[name] =
        entry === undefined
          ? null
          : {
              ...namedIn(entry, name),
              gid: integer(entry[2]),
              ...(primaryOf.length > 0 && { primaryOf }),
              ...(members.length > 0 && { members }),
            }
    }
    return facts
  },
}

/** The entry of a name or, as no name begins with a digit, of a number. */
function entryOf(name: string, entries: readonly (readonly string[])[]): readonly string[] | undefined {
  const key = /^\d/.test(name) ? 2 : 0
  return entries.find((entry) => entry[key] === name)
}

function namedIn(entry: readonly string[] | undefined, asked: string): { readonly name?: string } {
  const name = entry?.[0]
  return name === undefined || name === asked ? {} : { name }
}

function processesByUser(reader: AnswerReader): ReadonlyMap<string, number> {
  reader.expect('processes')
  const lines = reader.linesUntil('processes end')
  return new Map(
    lines.map((line): [string, number] => {
      const [pid, name = ''] = line.split(' ')
      return [name, integer(pid)]
    }),
  )
}

function entriesOf(lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((line) => line.split(':'))
}

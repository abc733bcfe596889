import type { GroupFact, UserFact } from '../../model/facts.ts'
import { emptyMap } from '../../model/value.ts'
import { integer } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** A user and the names of its groups. */
export const users: ProbeKind<ProbeOf<'user'>, UserFact | null> = {
  probe: 'user',
  subject: ({ name }) => name,
  ask: (probes) => [`inspect_users ${commandLine(probes.map(({ name }) => name))}`],
  read(reader, probes) {
    reader.expect('users')
    const entries = entriesOf(reader.linesUntil('groups'))
    const groupEntries = entriesOf(reader.linesUntil('memberships'))
    const memberships = reader.linesUntil('users end')
    const groupName = (gid: string): string => groupEntries.find(([, , id]) => id === gid)?.[0] ?? gid
    const facts = emptyMap<UserFact | null>()
    for (const { name } of probes) {
      const [, , uid, gid = '', comment = '', home = '', shell = ''] =
        entries.find(([found]) => found === name) ?? []
      const supplementary = memberships.find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? ''
      facts[name] =
        uid === undefined
          ? null
          : {
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
    const entries = entriesOf(reader.linesUntil('groups end'))
    const facts = emptyMap<GroupFact | null>()
    for (const { name } of probes) {
      const entry = entries.find(([found]) => found === name)
      facts[name] = entry === undefined ? null : { gid: integer(entry[2]) }
    }
    return facts
  },
}

function entriesOf(lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((line) => line.split(':'))
}

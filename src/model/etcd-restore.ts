import { Type } from 'typebox'
import { Checksum, Count, closed, type Data, describe, list, text } from './schema.ts'

/** What `converge etcd restore` asks of the hosts of a group. */
export const EtcdRestore = closed('The members of a group of etcd begin anew, from a snapshot.', {
  group: text('Name of the group.'),
  id: text('A word that no other restore has: when it was first asked for, such as 20261127T163000Z.'),
  sha256: describe(Checksum, 'Checksum of the snapshot.'),
  sizeBytes: describe(Count, 'Length of the snapshot in bytes.'),
  hosts: list('The hosts of the members that begin.', text('Name of a host.')),
  evenWithQuorum: Type.Boolean({ description: 'Whether a cluster may be replaced that has its quorum.' }),
})
export type EtcdRestore = Data<typeof EtcdRestore>

/** A restore as one host has recorded it: with the members that begin, `NAME=URL,...`. */
export interface RecordedRestore extends Pick<EtcdRestore, 'id' | 'sha256'> {
  readonly cluster: string
}

/** The question to a host who is a member. */
export function membersQuestion(group: string): string {
  return `members of ${group}`
}

/** The question to a host which restore has begun there and is not over. */
export function unfinishedQuestion(group: string): string {
  return `unfinished restore of ${group}`
}

/** The question to a host from which restore its data is. */
export function finishedQuestion(group: string): string {
  return `restore of ${group}`
}

/** Reads `ID SHA256 CLUSTER`, as a host answers both questions. */
export function readRestore(answer: string | null | undefined): RecordedRestore | undefined {
  const [, id, sha256, cluster] = /^(\w+) ([0-9a-f]{64}) (\S+)$/m.exec(answer ?? '') ?? []
  return id === undefined || sha256 === undefined || cluster === undefined
    ? undefined
    : { id, sha256, cluster }
}

/** Whether the host has the data of this restore, and is not in the middle of it. */
export function hasRestored(
  { group, id }: Pick<EtcdRestore, 'group' | 'id'>,
  answers: Readonly<Record<string, string | null>>,
): boolean {
  const isOver = readRestore(answers[unfinishedQuestion(group)]) === undefined
  return isOver && readRestore(answers[finishedQuestion(group)])?.id === id
}

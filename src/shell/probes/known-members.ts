import { createHash } from 'node:crypto'
import type { Member } from '../../model/manifest.ts'

/** The members of the cluster, as each host should remember them. */
export interface KnownMembers {
  readonly members: readonly Member[]
  /** Of a host's file of exactly these members. */
  readonly sha256: string
}

/** Lets a host answer that it has the same members, because all lists together grow with the square of their number. */
export function knownMembers(members: readonly Member[]): KnownMembers {
  const sha256 = createHash('sha256')
    .update(`${JSON.stringify(members)}\n`)
    .digest('hex')
  return { members, sha256 }
}

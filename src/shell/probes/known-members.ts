import { createHash } from 'node:crypto'
import type { Member } from '../../model/manifest.ts'

/** The hosts of the cluster as each of them should remember them. */
export interface KnownMembers {
  readonly members: readonly Member[]
  /** Of the file in which a host remembers exactly these. */
  readonly sha256: string
}

/**
 * Lets a host that remembers the same members say just that. All hosts' lists together grow with the square of their
 * number.
 */
export function knownMembers(members: readonly Member[]): KnownMembers {
  const sha256 = createHash('sha256')
    .update(`${JSON.stringify(members)}\n`)
    .digest('hex')
  return { members, sha256 }
}

import type { Owned, PlatformFact, Probe } from '../../model/facts.ts'
import type { Ownership } from '../../model/operation.ts'
import type { Claim } from '../../model/resource.ts'

/** The differences: `mode will change from 0644 to 0600`. Owner and group only if the host can set them. */
export function attributeChanges(
  desired: Ownership,
  found: Owned,
  platform: PlatformFact,
): readonly string[] {
  const changes: string[] = []
  if (found.mode !== desired.mode) changes.push(`mode will change from ${found.mode} to ${desired.mode}`)
  if (platform.rooted && platform.uid !== 0) return changes
  if (found.owner !== desired.owner && String(found.uid) !== desired.owner) {
    changes.push(`owner will change from ${accountName(found.owner, found.uid)} to ${desired.owner}`)
  }
  if (found.group !== desired.group && String(found.gid) !== desired.group) {
    changes.push(`group will change from ${accountName(found.group, found.gid)} to ${desired.group}`)
  }
  return changes
}

function accountName(name: string, id: number): string {
  return name === 'UNKNOWN' ? String(id) : name
}

/** The owner and group of something, which must exist before it. */
export function ownerClaims({ owner, group }: Ownership): readonly Claim[] {
  return [
    { kind: 'user', key: owner },
    { kind: 'group', key: group },
  ]
}

/** Whether the host knows the accounts, other than numbers and root. */
export function accountProbes(user?: string, group?: string): readonly Probe[] {
  return [
    { kind: 'user', name: user },
    { kind: 'group', name: group },
  ].flatMap(({ kind, name }): readonly Probe[] =>
    name === undefined || name === 'root' || /^\d+$/.test(name)
      ? []
      : [{ probe: 'account', account: `${kind} ${name}` }],
  )
}

/** The directories above a path, nearest first: their resources come before the path. */
export function ancestorClaims(path: string): readonly Claim[] {
  const claims: Claim[] = []
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    claims.push({ kind: 'path', key: path.slice(0, end) })
  }
  return claims
}

import { createHash } from 'node:crypto'
import type { HostCatalog } from '../model/resource.ts'
import { isSecret, type Piece } from '../model/secret.ts'
import type { Value } from '../model/value.ts'

/** SHA-256 of a desired state, independent of the order of keys. */
export function desiredDigest(desired: Value): string {
  return sha256Of(JSON.stringify(sorted(desired)))
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Digest of a host's catalog: it changes if the spec changes for this host. */
export function catalogDigest({ entries }: HostCatalog): string {
  const lines = entries.map(
    ({ resource, notifies }) =>
      `${resource.id} ${desiredDigest(resource.desired)} ${JSON.stringify(notifies)}\n`,
  )
  return sha256Of(lines.join('')).slice(0, 32)
}

/** Whoever has the digest cannot try values of the secret without its salt. */
function fingerprintOf(piece: Piece): unknown {
  return typeof piece === 'string' ? piece : { secret: piece.name, fingerprint: piece.fingerprint }
}

function sorted(value: unknown): unknown {
  if (isSecret(value)) return value.pieces().map(fingerprintOf)
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

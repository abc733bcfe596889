import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import type { HostPlan, Plan } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { desiredDigest } from '../../record/digest.ts'

/** Conceals the digests in a plan, from which a short secret could be guessed, and reveals them. */
export interface PlanKey {
  /** Distinguishes keys, and says nothing about this one. */
  readonly id: string
  conceal<T>(value: T): T
  reveal<T>(value: T): T
}

/** The key that a text of at least 32 characters stands for. */
export function planKey(text: string): PlanKey {
  const key = createHash('sha256').update(text).digest()
  // Each digest is one or two blocks that are as good as random, so that a block cipher needs nothing else.
  const conceal = (digest: string): string =>
    createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(digest, 'hex', 'hex')
  const reveal = (digest: string): string =>
    createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(digest, 'hex', 'hex')
  return {
    id: createHmac('sha256', key).update('converge plan key').digest('hex').slice(0, 16),
    conceal: (value) => mapDigests(value, conceal),
    reveal: (value) => mapDigests(value, reveal),
  }
}

/** The hosts of a plan whose digests are concealed: something about them is, was or may have been sensitive. */
export function hostsWithSecrets({ hosts }: Plan, catalog: Catalog): readonly string[] {
  const catalogs = new Map(catalog.hosts.map((own) => [own.host, own]))
  return hosts.filter((host) => hasSecrets(host, catalogs.get(host.host))).map(({ host }) => host)
}

function hasSecrets(host: HostPlan, catalog: HostCatalog | undefined): boolean {
  const resources = catalog?.entries.map(({ resource }) => resource) ?? []
  if (resources.some(({ isSensitive, desired }) => isSensitive || 'environment' in desired)) return true
  if (host.status === 'failed') return false
  // Lines of the manifest are JSON in a text.
  if (/\\*"sensitive\\*":\s*true/.test(JSON.stringify(host))) return true
  // The variables of what a command was are not known any more.
  const known = new Map<string, string>(resources.map(({ id, desired }) => [id, desiredDigest(desired)]))
  return (host.facts.state?.manifest ?? []).some(
    ({ resource, desired }) => resource.startsWith('command[') && known.get(resource) !== desired,
  )
}

/** SHA-256 in hex, whole or cut in half, not as a part of a longer word. */
const digests = /(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9A-Za-z])/g

/** The text without any digest, for reading. */
export function withoutDigests(text: string): string {
  return text.replace(digests, 'HIDDEN')
}

/** The value with other digests in its texts, except in diffs, which people read and which show nothing sensitive. */
function mapDigests<T>(value: T, map: (digest: string) => string): T
function mapDigests(value: unknown, map: (digest: string) => string): unknown {
  if (typeof value === 'string') return value.replace(digests, map)
  if (Array.isArray(value)) return value.map((item) => mapDigests(item, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'diff' ? inner : mapDigests(inner, map)]),
  )
}

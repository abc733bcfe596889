import { createHash } from 'node:crypto'
import type { Facts } from '../../model/facts.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { desiredDigest } from './bookkeeping.ts'

/** One word that stands for what a host's catalog asks for: it changes when the spec changes for this host. */
export function catalogDigest({ entries }: HostCatalog): string {
  const digest = createHash('sha256')
  for (const { resource, notifies } of entries) {
    digest.update(`${resource.id} ${desiredDigest(resource.desired)} ${JSON.stringify(notifies)}\n`)
  }
  return digest.digest('hex').slice(0, 32)
}

/** The line that holds a host after a rollback: the digest of the catalog that it was rolled back from, then who. */
export function holdLine(catalog: HostCatalog, by: string): string {
  return `${catalogDigest(catalog)} ${by}`
}

/** Who holds the host and since when; undefined where it is not held, or its spec has changed since. */
export function heldBy(catalog: HostCatalog, facts: Facts): string | undefined {
  return holderIn(facts.state?.held, catalog)
}

/** The same from the line that holds the host. */
export function holderIn(line: string | undefined, catalog: HostCatalog): string | undefined {
  if (line === undefined) return undefined
  const [digest = '', ...by] = line.split(' ')
  return digest === catalogDigest(catalog) ? by.join(' ') : undefined
}

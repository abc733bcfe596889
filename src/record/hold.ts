import type { Facts } from '../model/facts.ts'
import type { HostCatalog } from '../model/resource.ts'
import { catalogDigest } from './digest.ts'

/** The line that holds a host: the digest of the catalog that was rolled back, then who did it. */
export function holdLine(catalog: HostCatalog, by: string): string {
  return `${catalogDigest(catalog)} ${by}`
}

/** Who holds the host and since when; undefined if it is not held, or its spec has changed since. */
export function heldBy(catalog: HostCatalog, facts: Facts): string | undefined {
  return holderIn(facts.state?.held, catalog)
}

export function holderIn(line: string | undefined, catalog: HostCatalog): string | undefined {
  if (line === undefined) return undefined
  const [digest = '', ...by] = line.split(' ')
  return digest === catalogDigest(catalog) ? by.join(' ') : undefined
}

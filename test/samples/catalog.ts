import type { CatalogEntry, HostCatalog, Resource } from '../../src/model/resource.ts'

function entry(resource: Resource): CatalogEntry {
  return { resource, after: [], notifies: [], declaredBy: 'test' }
}

/** The catalog of one host, in the order given. */
export function catalog(...entries: readonly (CatalogEntry | Resource)[]): HostCatalog {
  return { host: 'host', entries: entries.map((one) => ('resource' in one ? one : entry(one))) }
}

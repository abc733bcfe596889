import type { Position } from '../model/diagnostic.ts'
import type { CatalogEntry, Resource } from '../model/resource.ts'

/** A resource of one host and who declared it: `recipe etcd`, `role fleet`, `host infra0`. */
export interface Declared {
  readonly resource: Resource
  readonly declaredBy: string
  /** The recipe that declares it, whichever instance that is. */
  readonly definition?: string
  readonly from: NonNullable<CatalogEntry['from']>
  readonly position: Position | undefined
}

import type { Position } from '../model/diagnostic.ts'
import type { CatalogEntry, Composite, Resource } from '../model/resource.ts'

/** A resource of one host and who declared it: `recipe etcd`, `role fleet`, `host infra0`. */
export interface Declared<One extends Resource | Composite = Resource> {
  readonly resource: One
  readonly declaredBy: string
  /** The recipe that declares it, whichever instance that is. */
  readonly definition?: string
  readonly from: NonNullable<CatalogEntry['from']>
  readonly position: Position | undefined
  /** The composites that it is a part of, outermost first. */
  readonly composites?: readonly Composite[]
}

export type Declarable = Declared<Resource | Composite>

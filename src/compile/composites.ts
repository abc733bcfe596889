import { guardedBy } from '../model/guards.ts'
import { type CompositeHost, isComposite } from '../model/resource.ts'
import type { Declarable, Declared } from './declared.ts'

/** A resource itself, or the parts of a composite on a host, under its guards. Throws a SpecError. */
export function partsOf(declared: Declarable, host: CompositeHost): readonly Declared[] {
  const { resource, composites = [] } = declared
  if (!isComposite(resource)) return [declared as Declared]
  return resource
    .parts(host)
    .flatMap((part) => partsOf({ ...declared, resource: part, composites: [...composites, resource] }, host))
    .map((part) => ({ ...part, resource: guardedBy(part.resource, resource.relations) }))
}

import { identityOf, type Member } from '../../model/manifest.ts'
import type { Change, Owed, PortableChange, PortablePlan } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { isEdit, partKey, pathOf } from '../../operations/index.ts'
import { catalogDigest } from '../../record/digest.ts'
import { madeOf, originalOf } from '../../record/manifest-entry.ts'
import { withGroupsKept } from './absent.ts'
import { guardOf, isGuard } from './guard.ts'
import { carryOutDelayed } from './notifications.ts'
import { type Decider, resourceChanges } from './resource-changes.ts'
import { withServices } from './sockets.ts'

/** The plan for an unknown host: everything that its catalog may need. The host compares, and evaluates every guard. */
export function planPortable(catalog: HostCatalog, members: readonly Member[]): PortablePlan {
  const own = members.find(({ name }) => name === catalog.host)
  const probes = catalog.entries.flatMap(({ resource }) => resource.probes)
  const decider: Decider = {
    facts: supposedFacts(probes, 'unknown'),
    decide: (guard) => guard,
    isCertain: () => false,
    knowsPending: false,
  }
  const pending = catalog.entries.flatMap(({ resource: { id, actions = [] } }) =>
    actions.map((action): Owed => ({ resource: id, action })),
  )
  const { changes, last } = resourceChanges(catalog, decider)
  const delayed = carryOutDelayed(catalog, pending, changes, decider)
  const all = withGroupsKept(
    withServices([...delayed, ...last], catalog, decider.facts),
    catalog,
    decider.facts,
  )
  return {
    changes: all.map((change): PortableChange => {
      const { operation } = change
      const subject = isEdit(operation) ? partKey(operation) : pathOf(operation)
      return {
        ...change,
        absorbs: absorbedBy(change),
        ...(subject !== undefined && { original: originalOf(subject) }),
      }
    }),
    made: catalog.entries.map((entry) => ({
      entry: madeOf(entry),
      isGuarded: isGuard(guardOf(entry.resource)),
    })),
    probes,
    digest: catalogDigest(catalog),
    identity: own === undefined ? { name: catalog.host, place: '' } : identityOf(own),
    members,
  }
}

/** A process that was just started has read all its files. */
function absorbedBy({ resource, operation }: Change): readonly Owed[] {
  if (operation.op !== 'unit') return []
  const started = ['start', 'restart', 'reload'] as const
  const absorbed = { start: started, restart: ['reload'] as const }[String(operation.action)] ?? []
  return absorbed.map((action) => ({ resource, action }))
}

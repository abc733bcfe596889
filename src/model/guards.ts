import type { Probe } from './facts.ts'
import type { Relations } from './relations.ts'
import type { Resource } from './resource.ts'

/** What the relations of a resource ask its host. */
export function relationProbes({ onlyIf, unless, disruption }: Relations): readonly Probe[] {
  const checks = [onlyIf, unless].flatMap((command): readonly Probe[] =>
    command === undefined ? [] : [{ probe: 'check', command }],
  )
  return disruption?.data === undefined ? checks : [...checks, { probe: 'path', path: disruption.data }]
}

/** The resource under the guards of another one as well. Only a unit disrupts. */
export function guardedBy(resource: Resource, { onlyIf, unless, disruption }: Relations): Resource {
  if ([onlyIf, unless, disruption].every((relation) => relation === undefined)) return resource
  const { relations: own, ownsUnit } = resource
  const added = {
    onlyIf: both(own.onlyIf, onlyIf, '&&'),
    unless: both(own.unless, unless, '||'),
    disruption: own.disruption ?? (ownsUnit === undefined ? undefined : disruption),
  }
  const isNotGuard = (probe: Probe) =>
    probe.probe !== 'check' || ![own.onlyIf, own.unless].includes(probe.command)
  const present = Object.fromEntries(Object.entries(added).filter(([, value]) => value !== undefined))
  const relations = { ...own, ...present }
  return Object.freeze({
    ...resource,
    relations,
    probes: [...resource.probes.filter(isNotGuard), ...relationProbes(relations)],
  })
}

function both(one: string | undefined, other: string | undefined, operator: string): string | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return `{ ${one}\n} ${operator} { ${other}\n}`
}

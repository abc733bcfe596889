import { type Facts, isStarted } from '../../model/facts.ts'
import { type Change, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { awaitHealthy } from './await-healthy.ts'

/** Keeps at the start of a socket only a service that runs by then, and waits for its health if it is a group member. */
export function withServices(
  changes: readonly Change[],
  { entries }: HostCatalog,
  facts: Facts,
): readonly Change[] {
  return changes.flatMap((change, index): readonly Change[] => {
    const { operation } = change
    if (operation.op !== 'unit' || operation.around === undefined) return [change]
    const { around, ...alone } = operation
    const service = facts.units[around]
    const runs = isStarted(service) || service?.active === 'unknown'
    if (!runs && !changes.slice(0, index).some((earlier) => starts(earlier, around))) {
      return [{ ...change, operation: alone }]
    }
    const member = entries.find(({ resource }) => resource.ownsUnit === around)?.resource
    const { disruption } = member?.relations ?? {}
    if (member === undefined || disruption === undefined) return [change]
    const start = { ...change, resource: member.id, operation: { ...operation, unit: around } }
    return [change, ...awaitHealthy(start, disruption)]
  })
}

/** What a killed run has stopped around its socket, if the spec does not declare it: it starts again. */
export function owedServices({ entries }: HostCatalog, { pending }: Facts): readonly Change[] {
  return pending.flatMap(({ resource: id, action }): readonly Change[] => {
    const unit = /^unit\[(.*)\]$/.exec(id)?.[1]
    if (unit === undefined || action !== 'start') return []
    if (entries.some(({ resource }) => resource.ownsUnit === unit)) return []
    const socket = entries.find(({ resource: { ownsUnit, probes } }) =>
      probes.some((probe) => probe.probe === 'unit' && probe.unit === unit && ownsUnit?.endsWith('.socket')),
    )
    if (socket === undefined) return []
    const operation = { op: 'unit', unit, action } as const
    const start = plainChange({
      resource: socket.resource.id,
      operation,
      reason: 'pending from an earlier run',
    })
    return [{ ...start, settles: [{ resource: `unit[${unit}]`, action }] }]
  })
}

function starts({ operation }: Change, unit: string): boolean {
  return (
    operation.op === 'unit' &&
    operation.unit === unit &&
    (operation.action === 'start' || operation.action === 'restart')
  )
}

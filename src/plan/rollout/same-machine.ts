import { ConvergeError } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { HostPlan } from '../../model/plan.ts'
import type { Catalog } from '../../model/resource.ts'
import { formerName, type Inspection, isFacts } from './members.ts'

/** Two names for one machine would each prune what the other one makes. */
export function refuseSameMachine(host: string, { platform }: Facts, inspection: Inspection): void {
  if (platform.machine === undefined) return
  for (const [other, facts] of inspection) {
    if (other === host || !isFacts(facts) || facts.platform.machine !== platform.machine) continue
    const remedy = 'Remove one of the two names from the spec, or correct its address.'
    throw new ConvergeError('resource-conflict', `${host} and ${other} are the same machine`, {
      host,
      step: 'plan',
      remedy,
    })
  }
}

export function renameNote(host: string, facts: Facts): readonly string[] {
  const former = formerName(host, facts)
  return former === undefined ? [] : [`this machine was ${former} until now, and keeps what it has`]
}

/** Machines that take the name of another host of the spec, one sentence each: perhaps an address is wrong. */
export function swaps(catalog: Catalog, hosts: readonly HostPlan[]): readonly string[] {
  const names = new Set(catalog.hosts.map(({ host }) => host))
  return hosts.flatMap((plan) => {
    if (plan.status !== 'planned' || plan.changes.length === 0) return []
    const former = formerName(plan.host, plan.facts)
    return former === undefined || !names.has(former)
      ? []
      : [`${plan.host} is the machine that was ${former} until now, and the spec has ${former} elsewhere`]
  })
}

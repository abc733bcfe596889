import type { Facts, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { type Change, type PlannedHost, plainChange } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { membersOn, startedGroups } from '../disruption.ts'

const defaultTimeoutSeconds = 600

export function rebootProbes({ reboot }: HostCatalog): readonly Probe[] {
  return reboot === undefined ? [] : [{ probe: 'reboot' }]
}

/**
 * Adds the reboot that a host says it needs, as its last change: it disrupts every group of which the host has a member.
 * One that cannot be now is a note. Without a time no window is open.
 */
export function withReboot(planned: PlannedHost, catalog: HostCatalog, now?: Date): PlannedHost {
  const { changes, facts, leftOut } = planned
  const { reboot: fact } = facts
  const { reboot } = catalog
  if (reboot === undefined || fact === undefined || fact.state === 'not-required') return planned
  const noted = (note: string): PlannedHost => ({ ...planned, notes: [...planned.notes, note] })
  if (fact.state === 'unknown') return noted(`whether a reboot is needed is not known: ${fact.why}`)
  if (fact.boot === undefined) return noted(`needs a reboot, which is not done here: ${fact.why}`)
  const { window } = reboot
  const members = membersOn(catalog, facts)
  const pending = (why: string): PlannedHost => noted(`reboot pending: ${why}`)
  if (leftOut !== undefined) return pending('--only leaves it out')
  // Members that start may need each other, and cannot wait for one that reboots.
  if (startedGroups(members, changes).length > 0) return pending('members of groups start first')
  if (changes.some(({ regroups }) => regroups !== undefined)) return pending('who is a member changes first')
  if (window !== undefined && !(now !== undefined && isWithin(window, now)))
    return pending(`window ${window} UTC`)
  return {
    ...planned,
    changes: [...changes, rebootOf(catalog, fact.boot, fact.why)],
    disrupts: [...new Set([...planned.disrupts, ...members.map(({ group }) => group)])],
  }
}

/** What is left to do on a host that was rebooted and still says that it needs it. */
export function rebootLeft(done: readonly Change[], { reboot }: Facts): readonly Change[] {
  return reboot?.state === 'required' ? done.filter(({ operation }) => operation.op === 'reboot') : []
}

/** Whether a time of day is in a window such as `22:00-04:00`, in UTC; the end is not part of it. */
export function isWithin(window: string, now: Date): boolean {
  const time = now.toISOString().slice(11, 16)
  const [from = '', to = ''] = window.split('-')
  return from <= to ? from <= time && time < to : from <= time || time < to
}

function rebootOf({ host, reboot }: HostCatalog, boot: string, why: string): Change {
  const { window, timeoutSeconds = defaultTimeoutSeconds } = reboot ?? {}
  return plainChange({
    resource: `reboot[${host}]`,
    operation: { op: 'reboot', boot, timeoutSeconds, ...given({ window }) },
    reason: `will reboot: ${why}`,
  })
}

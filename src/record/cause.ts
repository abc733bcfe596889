import type { Facts } from '../model/facts.ts'
import type { ManifestEntry } from '../model/manifest.ts'
import type { Change } from '../model/plan.ts'
import type { CatalogEntry } from '../model/resource.ts'
import { appliedState } from '../operations/applied-state.ts'
import { desiredDigest } from './digest.ts'

/** Whether the cause of a change is another one. A start only absorbs what is owed. */
export function isConsequence({ operation, settles }: Change): boolean {
  if (operation.op === 'await' || operation.op === 'daemon-reload') return true
  const isStart = operation.op === 'unit' && operation.action === 'start'
  return !isStart && settles.some(({ action }) => action !== 'daemon-reload')
}

/** Whether the spec, the host or both changed since the last apply; undefined if that did not get there. */
export function causeOf(entry: CatalogEntry, facts: Facts, last: ManifestEntry | undefined): Change['cause'] {
  if (last === undefined) return undefined
  // It is recorded, but was never made.
  if (facts.state?.failed?.at?.endsWith(`(${entry.resource.id})`)) return undefined
  const spec = last.desired !== desiredDigest(entry.resource.desired)
  const path = Object.entries(last.paths).some(
    ([name, state]) => name in facts.paths && appliedState(facts.paths[name] ?? { type: 'absent' }) !== state,
  )
  const host = path || !spec
  if (spec && host) return 'spec and host changed'
  return spec ? 'spec changed' : 'host changed'
}

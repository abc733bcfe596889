import { objectState } from '../model/cluster-object.ts'
import type { Facts } from '../model/facts.ts'
import type { ManifestEntry } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change } from '../model/plan.ts'
import type { CatalogEntry } from '../model/resource.ts'
import { isInState } from '../operations/applied-state.ts'
import { isEdit, partState, stateAfter } from '../operations/index.ts'
import { desiredDigest } from './digest.ts'

/** Whether the cause of a change is another one. A start only absorbs what is owed. */
export function isConsequence({ operation, settles }: Change): boolean {
  if (operation.op === 'await' || operation.op === 'daemon-reload') return true
  const isStart = operation.op === 'unit' && operation.action === 'start'
  return !isStart && settles.some(({ action }) => action !== 'daemon-reload')
}

/** Whether the spec, the host or both changed since the last apply; undefined if nothing tells. */
export function causeOf(
  { resource }: CatalogEntry,
  { operation, guard }: Change,
  facts: Facts,
  last: ManifestEntry | undefined,
): Change['cause'] {
  if (last === undefined) return undefined
  const { failed, held, rolledBack } = facts.state ?? {}
  const concerns = (words: string): boolean =>
    words.endsWith(`(${resource.id})`) || words.startsWith(`${resource.id}: `)
  // It is recorded, but was never made.
  if (failed?.at !== undefined && concerns(failed.at)) return undefined
  const isOtherPart =
    isEdit(operation) && last.part !== undefined && partState(operation, facts) !== last.part.state
  const live = facts.objects[resource.id] ?? undefined
  const isOtherObject =
    live !== undefined && last.object !== undefined && objectState(live) !== last.object.state
  const host =
    isOtherPart ||
    isOtherObject ||
    Object.entries(last.paths).some(
      ([path, state]) =>
        path in facts.paths && !isInState(facts.paths[path] ?? { type: 'absent' }, state, facts.platform),
    )
  const spec = last.desired !== desiredDigest(resource.desired) || writesOther(operation, last)
  if (spec) return host ? 'spec and host changed' : 'spec changed'
  // A command whose guard was not asked may stay as it is; what an apply did not reach was not changed by anybody.
  const isLeft = failed !== undefined && failed.left?.some(concerns) !== false
  const isUndone = held !== undefined && rolledBack?.some(concerns) !== false
  const isUncertain = guard !== undefined || isLeft || isUndone
  return host || !isUncertain ? 'host changed' : undefined
}

/** The order of keys is not in the digest of what was declared, but may be in the file. */
function writesOther(operation: Operation, { paths }: ManifestEntry): boolean {
  if (operation.op !== 'write' && operation.op !== 'link') return false
  const last = paths[operation.path]
  return last !== undefined && stateAfter(operation, operation.path, { type: 'absent' }) !== last
}

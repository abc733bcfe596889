import type { KeptGeneration, Undo } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { asWritten, inPlaceOf, inUndoOrder, isEdit, rulesOf, withMade } from '../../operations/index.ts'

/** The undo of a part of this generation. */
export interface OfGeneration extends Undo {
  readonly generation: number
}

/** The undo operations, newest first: for each path and unit state that of the oldest generation. */
export function lastWordPerSubject(generations: readonly KeptGeneration[]): readonly OfGeneration[] {
  const last = new Map<string, OfGeneration>()
  const all = generations.flatMap(({ number, revert }) =>
    revert.map((one) => ({ ...one, generation: number })),
  )
  for (const one of all) {
    const key = rulesOf(one.operation).subject(one.operation)
    const newer = last.get(key)?.operation
    // Two parts may have had one line, one after the other.
    if (isEdit(one.operation)) last.delete(key)
    last.set(key, newer === undefined ? one : { ...one, operation: over(one.operation, newer) })
  }
  // The group that came with its user, which a newer generation's undo makes again, leaves with it.
  for (const { operation } of [...last.values()]) {
    if (operation.op !== 'remove-user' || operation.keepsGroup === true) continue
    const own = `group ${operation.name}`
    if (last.get(own)?.operation.op === 'group') last.delete(own)
  }
  const words = [...last.values()]
  const operations = words.map(({ operation }) => operation)
  return inUndoOrder(
    words.map((one) => ({ ...one, operation: withMade(one.operation, operations) })),
    ({ operation }) => operation,
  )
}

/** Merges owner and mode of an older generation into the restored content of a newer one. */
function over(older: Operation, newer: Operation): Operation {
  if (older.op !== 'attributes' || !('mode' in newer)) {
    return asWritten('replaces' in newer ? inPlaceOf(older, newer.replaces) : older, newer)
  }
  const { mode, owner, group } = older
  return { ...newer, mode, owner, group }
}

import type { Facts } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { ManifestEntry } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, Kept } from '../model/plan.ts'
import { isEdit, partKey, pathOf, rulesOf } from '../operations/index.ts'
import { arrivalOf, originalOf } from './manifest-entry.ts'

/** Keeps the file that a change replaces, under this name. */
export function keptBy({ operation }: Change, facts: Facts, kept: string): readonly Kept[] {
  const path = pathOf(operation)
  const isReplaced = path !== undefined && rulesOf(operation).replacesFile
  return isReplaced && facts.paths[path]?.type === 'file' ? [{ path, kept }] : []
}

/**
 * Keeps originals when the operations that will restore them are first recorded. Where nothing was when the host was
 * inspected, an earlier change of the same apply may have put something: a package its conffile.
 */
export function originals(
  { operation }: Change,
  facts: Facts,
  removal: readonly Operation[] | undefined,
  last: ManifestEntry | undefined,
): readonly Kept[] {
  const path = pathOf(operation)
  if (path === undefined) return []
  if (isEdit(operation)) {
    const key = partKey(operation)
    const isPutBack = (one: Operation): boolean =>
      isEdit(one) && one.kept !== undefined && partKey(one) === key
    const isNew = removal?.some(isPutBack) === true && last?.removal.some(isPutBack) !== true
    return isNew ? [{ path, kept: originalOf(key) }] : []
  }
  const isUndoneBy = (
    op: 'restore' | 'remove',
    { removal: all = [] }: Partial<ManifestEntry> = {},
  ): boolean => all.some((one) => one.op === op && one.path === path)
  const keeps = (op: 'restore' | 'remove', kept: string): readonly Kept[] =>
    isUndoneBy(op, given({ removal })) && !isUndoneBy(op, last) ? [{ path, kept }] : []
  switch (facts.paths[path]?.type) {
    case 'file':
      return keeps('restore', originalOf(path))
    case 'absent':
      return operation.op === 'write' || operation.op === 'download' ? keeps('remove', arrivalOf(path)) : []
    default:
      return []
  }
}

import type { Facts } from '../model/facts.ts'
import type { ManifestEntry } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, Kept } from '../model/plan.ts'
import { pathOf, rulesOf } from '../operations/index.ts'
import { originalOf } from './manifest-entry.ts'

/** Keeps the file that a change replaces, under this name. */
export function keptBy({ operation }: Change, facts: Facts, kept: string): readonly Kept[] {
  const path = pathOf(operation)
  const isReplaced = path !== undefined && rulesOf(operation).replacesFile
  return isReplaced && facts.paths[path]?.type === 'file' ? [{ path, kept }] : []
}

/** Keeps originals when the operations that will restore them are first recorded. */
export function originals(
  { operation }: Change,
  facts: Facts,
  removal: readonly Operation[] | undefined,
  last: ManifestEntry | undefined,
): readonly Kept[] {
  const path = pathOf(operation)
  if (path === undefined || facts.paths[path]?.type !== 'file') return []
  const kept = originalOf(path)
  const restores = (one: Operation): boolean => one.op === 'restore' && one.path === path && one.kept === kept
  if (removal?.some(restores) !== true || last?.removal.some(restores) === true) return []
  return [{ path, kept }]
}

import type { Facts, Probe } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import { inPlaceOf, ownershipOf } from '../../operations/index.ts'
import { arrivalOf } from '../../record/manifest-entry.ts'

export const lostContent = 'the content that converge kept of it is gone or damaged'

/** Probes for the checksums of the kept contents that operations restore; the contents are not part of the answers. */
export function keptProbes(operations: readonly Operation[], keptIn: string): readonly Probe[] {
  return operations.flatMap((operation): readonly Probe[] =>
    (operation.op === 'restore' || operation.op === 'edit') && operation.kept !== undefined
      ? [{ probe: 'path', path: `${keptIn}/${operation.kept}` }]
      : [],
  )
}

/** Probes for the originals of what converge created: an earlier change of the apply that created it may have put one there. */
export function originalProbes(operations: readonly Operation[], keptIn: string): readonly Probe[] {
  return operations.flatMap((operation): readonly Probe[] =>
    operation.op === 'remove' && !operation.recursive
      ? [{ probe: 'path', path: `${keptIn}/${arrivalOf(operation.path)}` }]
      : [],
  )
}

/** The removal of what converge created, or the return of its original. */
export function withOriginal(operation: Operation, { paths, state }: Facts): Operation {
  if (operation.op !== 'remove' || operation.recursive) return operation
  const { path } = operation
  const kept = arrivalOf(path)
  const original = paths[`${state?.keptIn}/${kept}`]
  if (original?.type !== 'file') return operation
  const live = paths[path]?.type
  const restore = { op: 'restore', path, kept, sha256: original.sha256, ...ownershipOf(original) } as const
  return inPlaceOf(restore, live === 'link' || live === 'directory' ? live : undefined)
}

/** Whether an operation would restore kept content that is gone or damaged; false if that was not asked. */
export function isLost(operation: Operation, facts: Facts): boolean {
  const { paths, state } = facts
  if (operation.op === 'edit') return operation.kept !== undefined && isGone(operation.kept, facts)
  if (operation.op !== 'restore') return false
  const kept = paths[`${state?.keptIn}/${operation.kept}`]
  return kept !== undefined && (kept.type !== 'file' || kept.sha256 !== operation.sha256)
}

function isGone(file: string, { paths, state }: Facts): boolean {
  const kept = paths[`${state?.keptIn}/${file}`]
  return kept !== undefined && kept.type !== 'file'
}

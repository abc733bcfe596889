import type { Facts, Probe } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'

export const lostContent = 'the content that converge kept of it is gone or damaged'

/** Probes for the checksums of the kept contents that operations restore; the contents are no part of the answers. */
export function keptProbes(operations: readonly Operation[], keptIn: string): readonly Probe[] {
  return operations.flatMap((operation): readonly Probe[] =>
    operation.op === 'restore' ? [{ probe: 'path', path: `${keptIn}/${operation.kept}` }] : [],
  )
}

/** Whether an operation would restore kept content that is gone or damaged; false if that was not asked. */
export function isLost(operation: Operation, { paths, state }: Facts): boolean {
  if (operation.op !== 'restore') return false
  const kept = paths[`${state?.keptIn}/${operation.kept}`]
  return kept !== undefined && (kept.type !== 'file' || kept.sha256 !== operation.sha256)
}

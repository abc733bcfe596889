import type { Probe } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import { pathOf } from '../../operations/index.ts'
import { fileDiff } from '../host/file-diff.ts'
import { handEdits } from './hand-edit.ts'
import { lastWordPerSubject } from './last-word.ts'
import { type Owners, sensitivePaths } from './sensitive-paths.ts'

/** Where to look for the contents that generations (newest first) put back, and who says what may be shown of them. */
export interface KeptContents extends Owners {
  /** The directory on the host below which contents are kept. */
  readonly keptIn: string
}

/** Any content differs from this one. */
const noChecksum = '0'.repeat(64)

/**
 * What must be asked besides, so that the plan shows what becomes of the contents: those that are at the paths, and those
 * that are kept. What is sensitive is not asked for.
 */
export function contentProbes(input: KeptContents): readonly Probe[] {
  const sensitive = sensitivePaths(input)
  return lastWordPerSubject(input.generations).flatMap(({ resource, operation }): Probe[] => {
    if (operation.op !== 'restore' || sensitive.has(operation.path, resource)) return []
    const { path, kept, sha256 } = operation
    return [
      { probe: 'path', path, sha256 },
      { probe: 'path', path: `${input.keptIn}/${kept}`, sha256: noChecksum },
    ]
  })
}

/** With what becomes of the contents, as far as it may be shown, and where that overwrites what somebody did by hand. */
export function withContents(changes: readonly Change[], input: KeptContents): readonly Change[] {
  const { facts, generations, keptIn } = input
  const sensitive = sensitivePaths(input)
  const edited = handEdits(facts, generations)
  return changes.map((change) => {
    const path = pathOf(change.operation)
    if (path === undefined) return change
    const isSecret = change.operation.op === 'restore' && sensitive.has(path, change.resource)
    const operation = isSecret ? { ...change.operation, sensitive: true } : change.operation
    const kept = operation.op === 'restore' ? facts.paths[`${keptIn}/${operation.kept}`] : undefined
    const diff = operation.op === 'restore' ? fileDiff(operation, facts, kept) : undefined
    return {
      ...change,
      operation,
      ...(diff === undefined ? {} : { diff }),
      ...(edited.has(path) ? { cause: 'host changed' as const } : {}),
    }
  })
}

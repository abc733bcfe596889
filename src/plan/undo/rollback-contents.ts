import type { Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Change } from '../../model/plan.ts'
import { pathOf } from '../../operations/index.ts'
import { fileDiff } from '../host/file-diff.ts'
import { handEdits } from './hand-edit.ts'
import { lastWordPerSubject } from './last-word.ts'
import { type Owners, sensitivePaths } from './sensitive-paths.ts'

/** Where the contents of generations (newest first) are kept, and the sources that decide whether they may be shown. */
export interface KeptContents extends Owners {
  /** The directory on the host below which contents are kept. */
  readonly keptIn: string
}

/** Matches no content. */
const noChecksum = '0'.repeat(64)

/** Additional probes for the diffs of a rollback: current and kept contents, except sensitive ones. */
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

/** Adds diffs, if they may be shown, and marks changes that overwrite hand edits. */
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
    const cause = edited.has(path) ? ('host changed' as const) : undefined
    return { ...change, operation, ...given({ diff, cause }) }
  })
}

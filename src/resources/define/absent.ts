import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { pathFact } from './facts-of.ts'

interface ToRemove {
  readonly path: string
  readonly only: 'file' | 'link' | 'directory'
  readonly sensitive?: boolean | undefined
}

/** The removal of what is at a path, if it is this kind of thing; another kind is a conflict. */
export function removalSteps(
  id: ResourceId,
  { path, only, sensitive }: ToRemove,
  facts: Facts,
): readonly Step[] {
  const found = pathFact(facts, path)
  if (found.type === 'absent') {
    if (facts.isUnknown !== true) return []
  } else if (found.type !== only) {
    throw new ResourceConflict(id, `${wordsFor(found)} is at ${path}`, remedyFor(path, found))
  }
  const operation = {
    op: 'remove',
    path,
    recursive: false,
    only,
    ...(sensitive === true && { sensitive }),
  } as const
  return [{ operation, reason: 'will be removed', expects: [path] }]
}

function wordsFor(found: PathFact): string {
  switch (found.type) {
    case 'link':
      return `a symbolic link to ${found.target}`
    case 'other':
      return 'something that is neither a file nor a directory'
    default:
      return `a ${found.type}`
  }
}

function remedyFor(path: string, { type }: PathFact): string {
  return type === 'other' ? 'remove it on the host' : `declare ${type}[${path}] with absent: true instead`
}

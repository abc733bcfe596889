import { ResourceConflict } from '../../model/errors.ts'
import type { ResourceId } from '../../model/resource.ts'

/** Something at a path that only a person may remove. */
export function inTheWay(id: ResourceId, what: string): ResourceConflict {
  return new ResourceConflict(id, what, 'move it away, or choose another path')
}

import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import { pathOf, rulesOf } from '../../operations/index.ts'

/** Throws a ResourceConflict for a file that would be replaced or removed while something is mounted on it. */
export function refuseMountedFiles(changes: readonly Change[], { paths }: Facts): void {
  for (const { resource, operation } of changes) {
    const path = pathOf(operation)
    const found = path === undefined ? undefined : paths[path]
    if (!rulesOf(operation).replacesFile || found?.type !== 'file' || found.isMount !== true) continue
    throw new ResourceConflict(
      resource,
      `${path} is a mounted file, which cannot be replaced or removed`,
      'unmount it on the host, or declare the file that is mounted there',
    )
  }
}

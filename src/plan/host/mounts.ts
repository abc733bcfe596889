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
    const isWritten = operation.op === 'write' || operation.op === 'restore'
    if (isWritten && operation.inPlace === true) continue
    throw new ResourceConflict(
      resource,
      `${path} is a mounted file, which cannot be replaced or removed`,
      operation.op === 'write' && resource.startsWith('file[')
        ? 'set inPlace: true to write into it, or unmount it on the host'
        : 'unmount it on the host',
    )
  }
}

import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import { contentOf } from '../../operations/index.ts'

/** Throws a ResourceConflict for a content that cannot be uploaded, because the directory for uploads is missing. */
export function refuseMissingStaging(changes: readonly Change[], { platform }: Facts): void {
  const { missingStagingDir } = platform
  const uploaded = changes.find(({ operation }) => contentOf(operation) !== undefined)
  if (missingStagingDir === undefined || uploaded === undefined) return
  throw new ResourceConflict(
    uploaded.resource,
    `the host has no directory ${missingStagingDir}, where contents are uploaded before they are put in place`,
    'create it on the host, or set stagingDir under platform to a directory that exists',
  )
}

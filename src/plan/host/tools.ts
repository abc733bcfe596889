import { archiveTools } from '../../model/archive-tools.ts'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'

/** Throws a ResourceConflict for an archive that the host has no program for, and no earlier change may bring one. */
export function refuseMissingTools(changes: readonly Change[], { tools }: Facts): void {
  for (const { resource, operation } of changes) {
    if (operation.op === 'package' || operation.op === 'run') return
    if (operation.op !== 'archive') continue
    const missing = archiveTools(operation.url).find((names) => names.every((name) => tools[name] === false))
    if (missing === undefined) continue
    throw new ResourceConflict(
      resource,
      `the host has no ${missing.join(' or ')}, which ${operation.url} needs`,
      'install it first, with a package resource before this one',
    )
  }
}

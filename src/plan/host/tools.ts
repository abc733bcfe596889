import { archiveTools, checkoutTools, downloadTools, packageOf } from '../../model/archive-tools.ts'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { OperationTypes } from '../../model/operation.ts'
import { familyOf } from '../../model/os-family.ts'
import type { Change } from '../../model/plan.ts'

/** Throws a ResourceConflict for what the host has no program to fetch or unpack, if no earlier change may bring one. */
export function refuseMissingTools(changes: readonly Change[], { tools, platform }: Facts): void {
  for (const { resource, operation } of changes) {
    if (operation.op === 'package' || operation.op === 'run') return
    if (operation.op !== 'archive' && operation.op !== 'download' && operation.op !== 'checkout') continue
    const missing = neededTools(operation).find((names) => names.every((name) => tools[name] === false))
    if (missing === undefined) continue
    const packages = missing.map((tool) => packageOf(tool, familyOf(platform)))
    throw new ResourceConflict(
      resource,
      `the host has no ${missing.join(' or ')}, which ${operation.url} needs`,
      `install it first, with a package resource before this one (${packages.join(' or ')})`,
    )
  }
}

function neededTools(
  operation: OperationTypes['archive' | 'download' | 'checkout'],
): readonly (readonly string[])[] {
  switch (operation.op) {
    case 'archive':
      return archiveTools(operation)
    case 'download':
      return downloadTools(operation)
    case 'checkout':
      return checkoutTools
  }
}

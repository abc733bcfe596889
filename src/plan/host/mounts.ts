import { ResourceConflict } from '../../model/errors.ts'
import { type Facts, isStarted } from '../../model/facts.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { pathOf, rulesOf } from '../../operations/index.ts'
import { decideByFacts, guardOf } from './guard.ts'

/** Where something is mounted anew: what the host has there now will be hidden, or go. */
export function newMounts({ entries }: HostCatalog, facts: Facts): readonly string[] {
  return entries.flatMap(({ resource }) => {
    const { id, mountsOn, ownsUnit = '' } = resource
    if (mountsOn === undefined || decideByFacts(guardOf(resource), facts, []) === 'skip') return []
    const isMounted = isStarted(facts.units[ownsUnit])
    const isPending = facts.pending.some((one) => one.resource === id && one.action === 'restart')
    const isNew = resource
      .steps(facts)
      .some(({ operation, owes = [] }) =>
        operation.op === 'unit' ? operation.action === 'start' : isMounted && owes.includes('restart'),
      )
    return isNew || (isMounted && isPending) ? [mountsOn] : []
  })
}

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

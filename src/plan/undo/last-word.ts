import type { KeptGeneration, Reverting } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { inOrderOfTakingBack } from './inverse.ts'

/** What takes a part of this generation back. */
export interface OfGeneration extends Reverting {
  readonly generation: number
}

/** Newest first: for each path and unit action the oldest generation has the last word. */
export function lastWordPerSubject(generations: readonly KeptGeneration[]): readonly OfGeneration[] {
  const last = new Map<string, OfGeneration>()
  const all = generations.flatMap(({ number, revert }) =>
    revert.map((one) => ({ ...one, generation: number })),
  )
  for (const one of all) {
    const key = subject(one.operation)
    const newer = last.get(key)?.operation
    last.set(key, newer === undefined ? one : { ...one, operation: over(one.operation, newer) })
  }
  return inOrderOfTakingBack([...last.values()], ({ operation }) => operation)
}

/** Owner and mode that an older generation had, over the content that a newer one replaced. */
function over(older: Operation, newer: Operation): Operation {
  const hasContent = newer.op === 'restore' || newer.op === 'mkdir'
  if (older.op !== 'attributes' || !hasContent) return older
  const { mode, owner, group } = older
  return { ...newer, mode, owner, group }
}

function subject(operation: Operation): string {
  if ('path' in operation) return `path ${operation.path}`
  switch (operation.op) {
    case 'unit':
      return `unit ${operation.unit} ${subjectOfAction[operation.action]}`
    case 'user':
    case 'remove-user':
      return `user ${operation.name}`
    case 'group':
    case 'remove-group':
      return `group ${operation.name}`
    case 'package':
    case 'remove-package':
      return `packages ${operation.packages.join(' ')}`
    default:
      return JSON.stringify(operation)
  }
}

const subjectOfAction = {
  start: 'active',
  stop: 'active',
  restart: 'active',
  reload: 'active',
  enable: 'enabled',
  disable: 'enabled',
  mask: 'masked',
  unmask: 'masked',
} as const

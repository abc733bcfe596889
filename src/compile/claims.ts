import type { Problem } from '../model/diagnostic.ts'
import type { Claim, ResourceId } from '../model/resource.ts'
import type { Declared } from './declared.ts'

/** Who owns what on one host. */
export interface Ownership {
  /** The first of each identity, in the order declared. */
  readonly byId: ReadonlyMap<ResourceId, Declared>
  ownerOf(claim: Claim): ResourceId | undefined
}

/** Reports resources that are declared twice or claim the same thing; the message names both declarers. */
export function checkClaims(declared: readonly Declared[], report: (problem: Problem) => void): Ownership {
  const byId = new Map<ResourceId, Declared>()
  const owners = new Map<string, Declared>()
  for (const item of declared) {
    const { resource, declaredBy, position } = item
    const same = byId.get(resource.id)
    if (same !== undefined) {
      report({
        code: 'duplicate-resource',
        message: `${resource.id} is declared twice: by ${same.declaredBy} and by ${declaredBy}`,
        hint: 'declare it in one place, and let the other refer to it',
        position,
      })
      continue
    }
    byId.set(resource.id, item)
    for (const claim of resource.claims) {
      const key = keyOf(claim)
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, item)
      else
        report({
          code: 'conflicting-claim',
          message: `the ${claim.kind} ${claim.key} has two owners: ${owner.resource.id} by ${owner.declaredBy} and ${resource.id} by ${declaredBy}`,
          hint: 'remove one of them, or give it another name',
          position,
        })
    }
  }
  return { byId, ownerOf: (claim) => owners.get(keyOf(claim))?.resource.id }
}

function keyOf({ kind, key }: Claim): string {
  return `${kind} ${key}`
}

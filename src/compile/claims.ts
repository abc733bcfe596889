import { placeWords } from '../load/yaml/place-words.ts'
import type { Problem } from '../model/diagnostic.ts'
import type { Claim, Composite, ResourceId } from '../model/resource.ts'
import type { Declared } from './declared.ts'

/** Who owns what on one host. */
export interface Ownership {
  /** The first of each identity, in the order declared. */
  readonly byId: ReadonlyMap<ResourceId, Declared>
  /** The parts of the first composite of each identity, inner ones included. */
  readonly composites: ReadonlyMap<ResourceId, CompositeParts>
  ownerOf(claim: Claim): ResourceId | undefined
}

interface CompositeParts {
  readonly composite: Composite
  readonly parts: readonly [Declared, ...Declared[]]
}

interface WholeAndPart {
  readonly whole: Declared
  readonly part: Declared
  /** The later one of them. */
  readonly item: Declared
  readonly path: string | undefined
}

/** Reports resources that are declared twice or claim the same thing; the message names both declarers. */
export function checkClaims(declared: readonly Declared[], report: (problem: Problem) => void): Ownership {
  const byId = new Map<ResourceId, Declared>()
  const owners = new Map<string, Declared>()
  const composites = new Map<ResourceId, { composite: Composite; parts: [Declared, ...Declared[]] }>()
  const reportTwice = (id: ResourceId, same: Declared, item: Declared) =>
    report({
      code: 'duplicate-resource',
      message: `${id} is declared twice: by ${declarers(same, item)}`,
      hint:
        same.declaredBy === item.declaredBy
          ? 'keep one of them'
          : (instancesHint(same, item) ?? 'declare it in one place, and let the other refer to it'),
      position: item.position,
    })
  /** By their paths: files of which only a part is owned. */
  const withParts = new Map<string, Declared>()
  const reportWhole = ({ whole, part, item, path }: WholeAndPart) =>
    report({
      code: 'conflicting-claim',
      message: `${whole.resource.id} by ${placed(whole, part)} owns the whole of ${path}, of which ${part.resource.id} by ${placed(part, whole)} is a part`,
      hint: 'put the part into the content of the whole, or declare only parts',
      position: item.position,
    })
  /** Of another composite with the same identity. */
  const namesake = ({ composites: around = [] }: Declared) =>
    around.map(({ id }) => composites.get(id)).find((known, at) => known && known.composite !== around[at])
  for (const item of declared) {
    const { resource, position } = item
    const other = namesake(item)
    if (other !== undefined) {
      reportTwice(other.composite.id, other.parts[0], item)
      continue
    }
    const same = byId.get(resource.id)
    if (same !== undefined) {
      reportTwice(resource.id, same, item)
      continue
    }
    for (const composite of item.composites ?? []) {
      const known = composites.get(composite.id)
      if (known === undefined) composites.set(composite.id, { composite, parts: [item] })
      else known.parts.push(item)
    }
    byId.set(resource.id, item)
    for (const claim of resource.claims) {
      const key = keyOf(claim)
      const file = claim.in && keyOf({ kind: 'path', key: claim.in })
      const part = withParts.get(key)
      const whole = owners.get(file ?? '')
      if (part !== undefined) reportWhole({ whole: item, part, item, path: claim.key })
      if (whole !== undefined) reportWhole({ whole, part: item, item, path: claim.in })
      if (file !== undefined) withParts.set(file, item)
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, item)
      else
        report({
          code: 'conflicting-claim',
          message: `the ${claim.kind} ${claim.key} has two owners: ${owner.resource.id} by ${placed(owner, item)} and ${resource.id} by ${placed(item, owner)}`,
          hint: instancesHint(owner, item) ?? 'remove one of them, or give it another name',
          position,
        })
    }
  }
  return { byId, composites, ownerOf: (claim) => owners.get(keyOf(claim))?.resource.id }
}

/** Two instances of a recipe that does not tell them apart. */
function instancesHint({ definition, declaredBy }: Declared, other: Declared): string | undefined {
  if (definition === undefined || definition !== other.definition || declaredBy === other.declaredBy)
    return undefined
  return `both are instances of the recipe ${definition}: let it name this after ctx.instance, or run them on different hosts`
}

/** `role web (line 4) and by host web0 (line 9)`; `host web0, on lines 6 and 7`. */
function declarers(one: Declared, other: Declared): string {
  if (one.declaredBy !== other.declaredBy) return `${placed(one, other)} and by ${placed(other, one)}`
  if (!isApart(one, other)) return one.declaredBy
  if (one.position?.file !== other.position?.file) {
    return `${one.declaredBy}, ${[one, other].map(({ position }) => placeWords(position, undefined)).join(' and ')}`
  }
  return `${one.declaredBy}, on lines ${one.position?.line} and ${other.position?.line}`
}

/** Who declares it, with the line if that tells it from the other. */
export function placed(one: Declared, other: Declared): string {
  if (!isApart(one, other)) return one.declaredBy
  const isSameFile = one.position?.file === other.position?.file
  return `${one.declaredBy} (${isSameFile ? 'line ' : `${one.position?.file}:`}${one.position?.line})`
}

function isApart({ position: one }: Declared, { position: other }: Declared): boolean {
  return one !== undefined && other !== undefined && (one.file !== other.file || one.line !== other.line)
}

function keyOf({ kind, key }: Claim): string {
  return `${kind} ${key}`
}

import type { Problem } from '../model/diagnostic.ts'
import { isFoundIn, partLabel } from '../model/edit-text.ts'
import type { OperationTypes } from '../model/operation.ts'
import { supposedFacts } from '../model/supposed-facts.ts'
import { placed } from './claims.ts'
import type { Declared } from './declared.ts'

type Edit = OperationTypes['edit']

/** Reports lines and settings that are found in another part of their file: each run would change what the other one made. */
export function checkPartOverlaps(declared: readonly Declared[], report: (problem: Problem) => void): void {
  const files = new Map<string, Declared[]>()
  for (const item of declared)
    for (const { in: path } of item.resource.claims) {
      if (path === undefined) continue
      const known = files.get(path)
      if (known === undefined) files.set(path, [item])
      else known.push(item)
    }
  for (const [path, items] of files) {
    // Blocks have no marker lines in them.
    if (items.every(({ resource }) => resource.kind === 'block')) continue
    const edits = items.flatMap((item) => editsOf(item).map((edit) => ({ item, edit })))
    for (const [index, { item, edit }] of edits.entries()) {
      const same = edits.slice(0, index).find((one) => isSame(edit, one.edit) || isSame(one.edit, edit))
      if (same === undefined) continue
      report({
        code: 'conflicting-claim',
        message: `${same.item.resource.id} by ${placed(same.item, item)} and ${item.resource.id} by ${placed(item, same.item)} are the same line of ${path}`,
        hint: 'remove one of them, or let what they are found by differ',
        position: item.position,
      })
    }
  }
}

function editsOf({ resource }: Declared): readonly Edit[] {
  const steps = resource.steps(supposedFacts(resource.probes, 'unknown'))
  return steps.flatMap(({ operation }) => (operation.op === 'edit' ? [operation] : []))
}

/** What has one label has one claim already. */
function isSame({ part }: Edit, other: Edit): boolean {
  if (part.kind === undefined || other.content === undefined) return false
  return partLabel(part) !== partLabel(other.part) && isFoundIn(part, other.part, other.content.data)
}

import type { Problem } from '../model/diagnostic.ts'
import type { ResourceId } from '../model/resource.ts'
import type { Ownership } from './claims.ts'
import type { Declared } from './declared.ts'
import type { Edge } from './relations.ts'

/** The resources of a host as declared, but each after those that it comes after. Reports each cycle with its path. */
export function order(
  { byId }: Ownership,
  after: ReadonlyMap<ResourceId, readonly Edge[]>,
  report: (problem: Problem) => void,
): readonly Declared[] {
  const ordered: Declared[] = []
  const state = new Map<ResourceId, 'entered' | 'done'>()
  const path: { readonly id: ResourceId; readonly because: string }[] = []
  const visit = (id: ResourceId, because: string): void => {
    const declared = byId.get(id)
    if (declared === undefined || state.get(id) === 'done') return
    path.push({ id, because })
    if (state.get(id) === 'entered') {
      report(cycle(path, declared))
    } else {
      state.set(id, 'entered')
      for (const edge of after.get(id) ?? []) visit(edge.to, edge.because)
      state.set(id, 'done')
      ordered.push(declared)
    }
    path.pop()
  }
  for (const { resource } of [...byId.values()].toSorted((a, b) => rankOf(a) - rankOf(b)))
    visit(resource.id, '')
  return ordered
}

/** What is to be absent: units stop before anything that they use is removed, and accounts go after what they ran and own. */
function rankOf({ resource: { kind, desired } }: Declared): number {
  if (desired.absent !== true) return 0
  return { unit: -1, user: 1, group: 2 }[kind] ?? 0
}

function cycle(
  path: readonly { readonly id: ResourceId; readonly because: string }[],
  end: Declared,
): Problem {
  const start = path.findIndex(({ id }) => id === end.resource.id)
  const [first, ...rest] = path.slice(start)
  const steps = rest.map(({ id, because }) => ` comes after ${id} (${because})`).join(', which')
  return {
    code: 'cycle',
    message: `resources form a cycle: ${first?.id}${steps}`,
    hint: 'remove one of these relations; `notifies` does not order',
    position: end.position,
  }
}

import type { Facts } from '../../model/facts.ts'
import type { KeptGeneration, ManifestEntry } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import { isInState } from '../../operations/applied-state.ts'
import { stateAfter } from '../../operations/index.ts'

/** Detects paths changed by anything but converge since the last apply, by manifest and generations (newest first). */
export function handEdits(
  facts: Facts,
  generations: readonly KeptGeneration[],
): { has(path: string): boolean } {
  const owners = ownersByPath(facts.state?.manifest ?? [])
  const earlier = ownersByPath(generations.toReversed().flatMap(({ manifest }) => manifest))
  const newest = generations[0]?.revert ?? []
  const masks = new Set((facts.state?.manifest ?? []).flatMap(({ removal }) => removal.flatMap(maskOf)))
  return {
    has(path) {
      const live = facts.paths[path]
      const applied = owners.get(path)?.paths[path] ?? stateOfPruned(earlier.get(path), path)
      if (live === undefined || applied === undefined || isInState(live, applied, facts.platform))
        return false
      if (live.type === 'link' && live.target === '/dev/null' && masks.has(path)) return false
      // If the newest generation stopped halfway, the manifest is ahead of the path, or behind it after a rollback.
      const before = newest.flatMap(({ operation }) => stateAfter(operation, path, live) ?? [])
      return !before.some((state) => state === applied || isInState(live, state, facts.platform))
    },
  }
}

/** Where a mask is that an operation removes. */
function maskOf(operation: Operation): readonly string[] {
  return operation.op === 'unit' && operation.action === 'unmask'
    ? [`/etc/systemd/system/${operation.unit}`]
    : []
}

/** The last entry with each path. */
function ownersByPath(manifest: readonly ManifestEntry[]): ReadonlyMap<string, ManifestEntry> {
  return new Map(
    manifest.flatMap((applied) => Object.keys(applied.paths).map((path) => [path, applied] as const)),
  )
}

/** The state of a path after its entry was pruned. */
function stateOfPruned(pruned: ManifestEntry | undefined, path: string): string | undefined {
  return pruned?.removal.flatMap((operation) => stateAfter(operation, path, { type: 'absent' }) ?? []).at(-1)
}

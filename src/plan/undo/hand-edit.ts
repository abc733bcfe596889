import type { Facts, PathFact, PlatformFact } from '../../model/facts.ts'
import type { KeptGeneration, ManifestEntry } from '../../model/manifest.ts'
import { appliedState } from '../../operations/applied-state.ts'
import { stateAfter } from '../../operations/index.ts'

/**
 * Tells of a path whether somebody else than converge changed what is there since the last apply, as far as manifest and
 * generations (newest first) tell.
 */
export function handEdits(
  facts: Facts,
  generations: readonly KeptGeneration[],
): { has(path: string): boolean } {
  const owners = ownersByPath(facts.state?.manifest ?? [])
  const earlier = ownersByPath(generations.toReversed().flatMap(({ manifest }) => manifest))
  const newest = generations[0]?.revert ?? []
  return {
    has(path) {
      const live = facts.paths[path]
      const applied = owners.get(path)?.paths[path] ?? stateOfPruned(earlier.get(path), path)
      if (live === undefined || applied === undefined || isInState(live, applied, facts.platform))
        return false
      // Where the newest generation stopped halfway, the manifest is ahead of the path, or behind it if that was a rollback.
      const before = newest.flatMap(({ operation }) => stateAfter(operation, path, live) ?? [])
      return !before.some((state) => state === applied || isInState(live, state, facts.platform))
    },
  }
}

/** The last one to name a path. */
function ownersByPath(manifest: readonly ManifestEntry[]): ReadonlyMap<string, ManifestEntry> {
  return new Map(
    manifest.flatMap((applied) => Object.keys(applied.paths).map((path) => [path, applied] as const)),
  )
}

/** What left the manifest was pruned: its removal tells what that left there. */
function stateOfPruned(pruned: ManifestEntry | undefined, path: string): string | undefined {
  return pruned?.removal.flatMap((operation) => stateAfter(operation, path, { type: 'absent' }) ?? []).at(-1)
}

/** A state in the words of appliedState may name an owner by its number, and without root owners are left alone. */
function isInState(live: PathFact, state: string, { rooted, uid }: PlatformFact): boolean {
  if (appliedState(live) === state) return true
  if (live.type !== 'file' && live.type !== 'directory') return false
  const [type, mode, owner = '', group = '', sha256] = state.split(' ')
  if (type !== live.type || mode !== live.mode) return false
  if (live.type === 'file' && sha256 !== live.sha256) return false
  if (rooted && uid !== 0) return true
  return [live.owner, String(live.uid)].includes(owner) && [live.group, String(live.gid)].includes(group)
}

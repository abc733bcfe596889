import type { Answers, PathFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Made, ManifestEntry } from '../model/manifest.ts'
import type { Operation } from '../model/operation.ts'
import type { CatalogEntry, Step } from '../model/resource.ts'
import { supposedFacts } from '../model/supposed-facts.ts'
import { appliedState } from '../operations/applied-state.ts'
import { inReverse, pathOf, rulesOf, stateAfter } from '../operations/index.ts'
import { setsUnitState } from '../operations/units.ts'
import { desiredDigest, sha256Of } from './digest.ts'
import { beforeConverge, findAtFirst } from './found.ts'

/** The part of a resource's record that does not depend on the host. */
export function madeOf({ resource }: CatalogEntry): Made {
  const operations = resource
    .steps(supposedFacts(resource.probes, 'unknown'))
    .filter(isExpected)
    .map(({ operation }) => withoutContent(operation))
  return {
    resource: resource.id,
    desired: desiredDigest(resource.desired),
    paths: resource.claims.filter(({ kind }) => kind === 'path').map(({ key }) => key),
    probes: resource.probes.filter(({ probe }) => probe !== 'path' && probe !== 'check'),
    // The effects of a command are not undone.
    operations: operations.filter((operation) => rulesOf(operation).probes(operation).length > 0),
    ...given({
      unit: resource.ownsUnit,
      sensitive: resource.isSensitive ? true : undefined,
      group: resource.relations.disruption?.group,
    }),
  }
}

/** Whether it is recorded as done. A step that waits for a path may not happen; prune then finds the file as written. */
export function isExpected({ guard }: Pick<Step, 'guard'>): boolean {
  return guard?.exists === undefined
}

/** An operation without contents and variables, which may be secrets and which its undo does not need. */
export function withoutContent(operation: Operation): Operation {
  if (operation.op === 'write')
    return { ...operation, content: { ...operation.content, encoding: 'utf8', data: '' } }
  if (operation.op !== 'run') return operation
  const { environment: _, ...rest } = operation
  return rest
}

/** What an apply does to a resource: its operations, the facts before it, and the last entry. */
export interface Applying {
  readonly made: Made
  readonly done: readonly Operation[]
  readonly facts: Answers
  readonly last: ManifestEntry | undefined
}

export function entryAfter({ made, done, facts, last }: Applying): ManifestEntry {
  const states = Object.fromEntries(
    made.paths.map((path): [string, string] => {
      const before = pathBefore(facts, path)
      return [path, done.flatMap((one) => stateAfter(one, path, before) ?? []).at(-1) ?? appliedState(before)]
    }),
  )
  const found = last === undefined ? findAtFirst(made.probes, facts) : last.found
  const isAdopted = made.paths.some((path) => pathBefore(facts, path).type !== 'absent')
  return {
    resource: made.resource,
    origin: last?.origin ?? (isAdopted ? 'adopted' : 'created'),
    desired: made.desired,
    paths: states,
    removal: removalOf({ made, done, facts, last }, states, found),
    ...given({ sensitive: isSensitive(made, states, last), found, group: made.group }),
  }
}

/** Content that was sensitive when it was written stays so while it is there. */
function isSensitive(
  { sensitive }: Made,
  states: ManifestEntry['paths'],
  last: ManifestEntry | undefined,
): true | undefined {
  const stays = Object.entries(last?.paths ?? {}).some(([path, state]) => states[path] === state)
  return sensitive === true || (last?.sensitive === true && stays) ? true : undefined
}

/** The undo of a whole resource: restores what existed at first, removes what did not. */
function removalOf(
  { made, done, facts, last }: Applying,
  states: ManifestEntry['paths'],
  found: ManifestEntry['found'],
): readonly Operation[] {
  const before = found === undefined ? facts : beforeConverge(found, facts)
  const setUnits = done.filter((one) => one.op === 'unit' && setsUnitState(one.action))
  const undone = [...made.operations, ...setUnits].flatMap((operation): readonly Operation[] => {
    const { inverse } = rulesOf(operation)
    const path = pathOf(operation)
    if (path === undefined) return inverse(operation, before, '')
    if (!(path in states)) return []
    const recorded = last?.removal.filter((one) => pathOf(one) === path) ?? []
    if (recorded.length > 0) return recorded
    const found = pathBefore(facts, path)
    const first = appliedState(found)
    // A path that ends as it began may not end so: the host decides some steps.
    const stays = [states[path], ...done.map((one) => stateAfter(one, path, found) ?? first)]
    return stays.every((state) => state === first) ? [] : inverse(operation, facts, originalOf(path))
  })
  const ofUnits = (last?.removal ?? []).filter(({ op }) => op === 'unit')
  // A path that is written and removed again is undone once.
  const once = new Map(
    [...endsWithItsFile(made, undone), ...undone, ...ofUnits].map((one) => [JSON.stringify(one), one]),
  )
  return inReverse([...once.values()], (operation) => operation)
}

/** A unit is stopped and disabled with the removal of its file, even if converge did not start or enable it. */
function endsWithItsFile({ unit }: Made, undone: readonly Operation[]): readonly Operation[] {
  const loses = undone.some((one) => one.op === 'remove' && one.path.endsWith(`/${unit}`))
  if (unit === undefined || !loses) return []
  return [
    { op: 'unit', unit, action: 'disable' },
    { op: 'unit', unit, action: 'stop' },
  ]
}

/** Where the original of an adopted path is kept while the resource is in the manifest. */
export function originalOf(path: string): string {
  return `originals/${sha256Of(path).slice(0, 16)}`
}

function pathBefore({ paths }: Answers, path: string): PathFact {
  return paths[path] ?? { type: 'absent' }
}

import { objectState } from '../model/cluster-object.ts'
import { isFoundIn } from '../model/edit-text.ts'
import { InternalError } from '../model/errors.ts'
import type { Answers, Facts, PathFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Made, ManifestEntry } from '../model/manifest.ts'
import type { Operation, OperationTypes } from '../model/operation.ts'
import type { CatalogEntry, Resource, Step } from '../model/resource.ts'
import { supposedFacts } from '../model/supposed-facts.ts'
import { appliedState } from '../operations/applied-state.ts'
import {
  asWritten,
  inPlaceOf,
  inReverse,
  isEdit,
  isObjectOperation,
  kindMadeBy,
  type ObjectOperation,
  partKey,
  partState,
  pathOf,
  rulesOf,
  stateAfter,
  takesOver,
  wantedObject,
  wantedState,
  withMade,
} from '../operations/index.ts'
import { setsUnitState } from '../operations/units.ts'
import { desiredDigest, sha256Of } from './digest.ts'
import { beforeConverge, findAtFirst } from './found.ts'

type Edit = OperationTypes['edit']

/** The part of a resource's record that does not depend on the host. */
export function madeOf({ resource }: CatalogEntry): Made {
  const whole = resource
    .steps(supposedFacts(resource.probes, 'unknown'))
    .filter(isExpected)
    .map(({ operation }) => operation)
  const operations = whole.map(withoutContent)
  const secrets = whole.flatMap((operation) =>
    operation.op === 'write' && operation.content.secrets !== undefined
      ? [[operation.path, operation.content.secrets] as const]
      : [],
  )
  return {
    resource: resource.id,
    desired: desiredDigest(resource.desired),
    paths: pathsOf(resource),
    probes: resource.probes.filter(({ probe }) => !['path', 'check', 'account'].includes(probe)),
    // The effects of a command are not undone.
    operations: operations.filter((operation) => rulesOf(operation).probes(operation).length > 0),
    ...given({
      unit: resource.ownsUnit,
      sensitive: resource.isSensitive ? true : undefined,
      secrets: secrets.length === 0 ? undefined : Object.fromEntries(secrets),
      group: resource.relations.disruption?.group,
    }),
  }
}

/** The paths that a resource makes: those that it claims, and the directory of its drop-ins. */
export function pathsOf({ claims, ownsUnit }: Pick<Resource, 'claims' | 'ownsUnit'>): readonly string[] {
  const claimed = claims.flatMap(({ kind, key }) => (kind === 'path' ? [key] : []))
  if (ownsUnit === undefined) return claimed
  const directories = claimed.map((path) => path.slice(0, path.lastIndexOf('/')))
  return [...claimed, ...new Set(directories.filter((path) => path.endsWith(`/${ownsUnit}.d`)))]
}

/**
 * Whether it is recorded as done. A step that waits for a path may not happen; prune then finds the file as written. A unit
 * that is disabled because its [Install] changes is enabled again.
 */
export function isExpected({ guard }: Pick<Step, 'guard'>): boolean {
  return guard?.exists === undefined && guard?.reinstalls === undefined
}

/** Whether a guard keeps a resource from being changed, as the host answered. */
export function isSkipped({ resource: { relations } }: CatalogEntry, { checks }: Answers): boolean {
  const { onlyIf, unless } = relations
  return (
    (onlyIf !== undefined && checks[onlyIf] === false) || (unless !== undefined && checks[unless] === true)
  )
}

/** An operation without contents and variables, which may be secrets and which its undo does not need. */
export function withoutContent(operation: Operation): Operation {
  if (operation.op === 'write') {
    const { sha256, sizeBytes } = operation.content
    return { ...operation, content: { encoding: 'utf8', data: '', sha256, sizeBytes } }
  }
  if (operation.op === 'edit' && operation.content !== undefined) {
    const { sha256, sizeBytes } = operation.content
    return { ...operation, content: { encoding: 'utf8', data: '', sha256, sizeBytes } }
  }
  if (operation.op === 'etcd-key') {
    const { content: _, ...rest } = operation
    return rest
  }
  if (operation.op === 'etcd-user')
    return operation.password === undefined ? operation : { ...operation, password: noPassword }
  if (operation.op !== 'run') return operation
  const { environment: _, ...rest } = operation
  return rest
}

const noPassword = { encoding: 'utf8', data: '', sha256: '0'.repeat(64), sizeBytes: 0 } as const

/** What an apply does to a resource: its operations, the facts before it, and the last entry. */
export interface Applying {
  readonly made: Made
  readonly done: readonly Operation[]
  readonly facts: Answers & Pick<Facts, 'ofCluster'>
  readonly last: ManifestEntry | undefined
  /** What its guard skips stays as it was made. */
  readonly isSkipped?: boolean
  /** The last entry with a path: what it says of how that began goes on, whichever resource has the path now. */
  ownerOf(path: string): ManifestEntry | undefined
  /** What is in manifests of the host already: parts of the same file among it. */
  readonly others: readonly ManifestEntry[]
  /** Those of the cluster that are no longer in the spec. */
  readonly leaving: readonly ManifestEntry[]
}

/** The entry after an apply. It keeps what it has of paths that the resource no longer makes: those are still to be pruned. */
export function entryAfter(applying: Applying): ManifestEntry {
  const { made, done, facts, last, isSkipped, ownerOf } = applying
  if (last !== undefined && isSkipped) return made.sensitive === true ? { ...last, sensitive: true } : last
  const states = Object.fromEntries(
    made.paths.map((path): [string, string] => {
      const before = pathBefore(facts, path)
      return [path, done.flatMap((one) => stateAfter(one, path, before) ?? []).at(-1) ?? appliedState(before)]
    }),
  )
  const found = last === undefined ? findAtFirst(made, facts) : last.found
  const part = partAfter(applying)
  const object = objectAfter(applying)
  const isAdopted =
    wasPart(made, facts) ||
    (object !== undefined && !isMadeHere(applying)) ||
    made.paths.some((path) => {
      const owner = ownerOf(path)
      return owner === undefined ? pathBefore(facts, path).type !== 'absent' : owner.origin === 'adopted'
    })
  return {
    resource: made.resource,
    origin: last?.origin ?? (isAdopted ? 'adopted' : 'created'),
    desired: made.desired,
    paths: { ...states, ...(last === undefined ? {} : pathsWithout(last, made.paths)) },
    removal: removalOf(applying, states, found),
    ...given({
      part,
      object,
      sensitive: isSensitive(made, states, last),
      secrets: secretsAfter(made, states, last),
      found,
      group: made.group,
    }),
  }
}

/** The record of an object of the cluster. All hosts that declare it have the same one, whoever makes it. */
function objectAfter({ made }: Applying): ManifestEntry['object'] {
  const operation = made.operations.find(isObjectOperation)
  if (operation === undefined) return undefined
  return {
    question: operation.question,
    state: objectState(wantedObject(operation)),
    ...given({ secret: operation.op === 'etcd-user' ? operation.secret : undefined }),
  }
}

/** Whether converge has made an object, or does so now. */
function isMadeHere({ made, facts, last }: Applying): boolean {
  if (last !== undefined) return last.removal.length > 0
  const found = facts.objects[made.resource] ?? undefined
  return (
    found === undefined || found.type === 'absent' || facts.ofCluster?.made.includes(made.resource) === true
  )
}

/** The part that a resource has, after an apply. */
function partAfter({ made, done, facts }: Applying): ManifestEntry['part'] {
  const edit = made.operations.find(isEdit)
  if (edit === undefined) return undefined
  const last = done.filter(isEdit).at(-1)
  const state = last === undefined ? (partState(edit, facts) ?? 'absent') : wantedState(last)
  return { path: edit.path, key: partKey(edit), state }
}

function wasPart({ operations }: Made, facts: Answers): boolean {
  return operations.some((one) => isEdit(one) && (partState(one, facts) ?? 'absent') !== 'absent')
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

/** Where secrets are in the files that have the content of the spec, and in those that stay as they were. */
function secretsAfter(
  { secrets = {}, operations, paths }: Made,
  states: ManifestEntry['paths'],
  last: ManifestEntry | undefined,
): ManifestEntry['secrets'] {
  const own = Object.entries(secrets).filter(([path]) =>
    operations.some(
      (one) => one.op === 'write' && one.path === path && states[path]?.endsWith(` ${one.content.sha256}`),
    ),
  )
  const others = Object.entries(last?.secrets ?? {}).filter(
    ([path]) => !paths.includes(path) || states[path] === last?.paths[path],
  )
  const all = Object.fromEntries([...others, ...own])
  return Object.keys(all).length === 0 ? undefined : all
}

/** The undo of a whole resource: restores what existed at first, removes what did not. */
function removalOf(
  applying: Applying,
  states: ManifestEntry['paths'],
  found: ManifestEntry['found'],
): readonly Operation[] {
  const { made, done, facts, last, ownerOf } = applying
  const before = found === undefined ? facts : beforeConverge(found, facts)
  const setUnits = done.filter(
    (one) => one.op === 'unit' && one.unit === made.unit && setsUnitState(one.action),
  )
  const undone = [...made.operations, ...setUnits].flatMap((operation): readonly Operation[] => {
    if (isObjectOperation(operation)) return isMadeHere(applying) ? [removalOfObject(operation)] : []
    const { inverse } = rulesOf(operation)
    const path = pathOf(operation)
    if (path === undefined) return inverse(operation, before, '')
    if (isEdit(operation)) return undoOfPart(operation, applying)
    if (!(path in states)) return []
    const record = last !== undefined && path in last.paths ? last : ownerOf(path)
    const recorded = record?.removal.filter((one) => pathOf(one) === path) ?? []
    if (recorded.length > 0) return recorded.map((one) => undoing(one, operation))
    const found = pathBefore(facts, path)
    const first = appliedState(found)
    // A path that ends as it began may not end so: the host decides some steps.
    const stays = [states[path], ...done.map((one) => stateAfter(one, path, found) ?? first)]
    return stays.every((state) => state === first) ? [] : inverse(operation, facts, originalOf(path))
  })
  const kept = (last?.removal ?? []).filter((one) => {
    const path = pathOf(one)
    return one.op === 'unit' || (path !== undefined && !made.paths.includes(path))
  })
  // A path that is written and removed again is undone once.
  const once = new Map(
    [...endsWithItsFile(made, undone), ...undone, ...kept].map((one) => [JSON.stringify(one), one]),
  )
  return inReverse([...once.values()], (operation) => operation)
}

function removalOfObject(operation: ObjectOperation): Operation {
  const { object, group, question, connection } = operation
  const [probe] = rulesOf(operation).probes(operation)
  if (probe?.probe !== 'object') throw new InternalError(`${object} is asked for nowhere`)
  const isSensitive = 'sensitive' in operation && operation.sensitive === true
  return {
    op: 'etcd-remove',
    ...{ object, group, question, connection },
    ...{ type: probe.type, name: probe.key },
    ...(isSensitive && { sensitive: true }),
  }
}

/** The undo of a part; of a line that another resource had before, the undo of that goes on. */
function undoOfPart(operation: Edit, { done, facts, last, others, leaving }: Applying): readonly Operation[] {
  const recorded = last?.removal.filter((one) => isEdit(one) && one.path === operation.path) ?? []
  if (recorded.length > 0) return recorded
  const edit = done.find(isEdit)
  const wanted = edit ?? operation
  const before = last === undefined ? leaving.flatMap(({ removal }) => removal.filter(isEdit)) : []
  const taken = before.findLast((one) => takesOver(wanted, one, facts))
  if (taken === undefined && edit === undefined) return []
  const { part, content } = wanted
  const undo = (): readonly Operation[] => {
    if (taken === undefined)
      return rulesOf(operation).inverse(operation, facts, originalOf(partKey(operation)))
    if (taken.kept === undefined) return [{ ...taken, part }]
    const findsIt = content === undefined || isFoundIn(taken.part, part, content.data)
    return findsIt ? [taken] : [{ op: 'edit', path: taken.path, part }, taken]
  }
  return undo().map((one) =>
    withMade(
      one,
      others.flatMap(({ removal }) => removal),
    ),
  )
}

/** What undoes a path that another operation made, after this one. */
function undoing(recorded: Operation, operation: Operation): Operation {
  const kind = kindMadeBy(operation)
  return recorded.op === 'remove' && kind !== undefined
    ? { ...recorded, recursive: kind === 'tree' }
    : asWritten(inPlaceOf(recorded, kind), operation)
}

/** The entry without some of its paths. */
export function withoutPaths(entry: ManifestEntry, paths: readonly string[]): ManifestEntry {
  return {
    ...entry,
    paths: pathsWithout(entry, paths),
    removal: entry.removal.filter((one) => !paths.includes(pathOf(one) ?? '')),
  }
}

function pathsWithout({ paths }: ManifestEntry, without: readonly string[]): ManifestEntry['paths'] {
  return Object.fromEntries(Object.entries(paths).filter(([path]) => !without.includes(path)))
}

/** The entry that each path is in; the last one if there are several. */
export function entriesByPath(entries: Iterable<ManifestEntry>): Map<string, ManifestEntry> {
  return new Map([...entries].flatMap((entry) => Object.keys(entry.paths).map((path) => [path, entry])))
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

/** Where the original of an adopted path, or of the file that an adopted part is in, is kept while the resource is in the manifest. */
export function originalOf(subject: string): string {
  return `originals/${sha256Of(subject).slice(0, 16)}`
}

/** Where that is kept which was put at a path only during the apply that created it. */
export function arrivalOf(path: string): string {
  return `${originalOf(path)}_arrived`
}

function pathBefore({ paths }: Answers, path: string): PathFact {
  return paths[path] ?? { type: 'absent' }
}

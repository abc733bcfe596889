import { bytesOf } from '../../model/bytes-of.ts'
import { ResourceConflict } from '../../model/errors.ts'
import { type Answers, type Facts, unknownId } from '../../model/facts.ts'
import type { ManifestEntry, Member } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import type { CatalogEntry, HostCatalog, ResourceId } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { textOf } from '../../model/text-of.ts'
import { pathOf, rulesOf, stampOf } from '../../operations/index.ts'
import { sha256Of } from '../../record/digest.ts'
import { entryAfter, isExpected, madeOf, pathsOf } from '../../record/manifest-entry.ts'
import { largestShown } from '../host/masked-diff.ts'

/** The one list of members, so that no host has to look for others. */
export const nobody: readonly Member[] = []

type Init = Facts['platform']['init']

interface Settling {
  readonly init: Init
  /** Whether a resource is the same in both. */
  readonly isSame: (entry: CatalogEntry) => boolean
  /** What is the same in both, and in neither catalog. */
  readonly besides: readonly ResourceId[]
}

/**
 * The facts of a host as a converge of one catalog leaves it, which answer what another one asks: converge made
 * everything that is declared, and units are in their declared states. What neither of the two makes is not known. The
 * manifest says nothing but the name of what is the same in both.
 */
export function settledFacts(
  before: HostCatalog,
  after: HostCatalog,
  { init, isSame, besides }: Settling,
): Facts {
  const probes = [before, after].flatMap(({ entries }) => entries.flatMap(({ resource }) => resource.probes))
  const nothing = supposedFacts(probes, 'unknown')
  const platform = { ...nothing.platform, init }
  const answers = answersBefore(nothing, before, after)
  const found = supposedFacts(probes, 'inactive')
  const wanted = wantedContents(after)
  const made = before.entries.map((entry): ManifestEntry => {
    const done = operationsOf(entry, { ...nothing, platform })
    for (const operation of done) carryOut(operation, answers, wanted)
    if (isSame(entry)) return { ...unchanged, resource: entry.resource.id }
    return entryAfter({
      made: madeOf(entry),
      done,
      facts: found,
      last: undefined,
      ownerOf: () => undefined,
      others: [],
      leaving: [],
    })
  })
  const manifest = [...made, ...besides.map((resource) => ({ ...unchanged, resource }))]
  const state = { manifest, manifestLines: manifest.length + 1, others: [], generation: 1, members: nobody }
  return { ...nothing, ...answers, platform, state }
}

const unchanged = { origin: 'created', desired: '', paths: {}, removal: [] } as const

/** The facts of a host on which converge has made nothing yet. */
export function newHostFacts(catalog: HostCatalog, init: Init): Facts {
  const nothing = { host: catalog.host, entries: [] }
  const { state: _, ...facts } = settledFacts(nothing, catalog, { init, isSame: () => false, besides: [] })
  return facts
}

/** What is done for a resource on a host of which nothing is known; nothing for one that cannot be applied there. */
function operationsOf({ resource }: CatalogEntry, facts: Facts): readonly Operation[] {
  try {
    return resource
      .steps(facts)
      .filter((step) => isExpected(step) && step.ofInstances !== true)
      .map(({ operation }) => operation)
  } catch (error) {
    if (error instanceof ResourceConflict) return []
    throw error
  }
}

/** Before anything is done: what the catalogs make is not there, what they only name is, and the rest is not known. */
function answersBefore(nothing: Facts, before: HostCatalog, after: HostCatalog): Answers {
  const made = new Set(
    [...before.entries, ...after.entries]
      .flatMap(({ resource }) => [
        ...pathsOf(resource),
        ...resource.claims.flatMap(({ in: file }) => file ?? []),
      ])
      .flatMap((path) => [path, stampOf(path)]),
  )
  const [known, wanted] = [claimsIn(before), claimsIn(after)]
  const [hadFiles, hasFiles] = [unitsWithFiles(before), unitsWithFiles(after)]
  return {
    ...nothing,
    checks: {},
    paths: withEach(nothing.paths, (fact, path) => (made.has(path) ? fact : undefined)),
    units: withEach(nothing.units, (fact, unit) => {
      if (hadFiles.has(unit)) return { ...fact, file: 'disabled' }
      const isNew = hasFiles.has(unit) && !known.has(`unit ${unit}`)
      return isNew ? { ...fact, load: 'not-found', active: 'inactive', file: '' } : fact
    }),
    groups: withEach(nothing.groups, (fact, name) => {
      const isMade = [known, wanted].some(
        (claims) => claims.has(`group ${name}`) || claims.has(`user ${name}`),
      )
      return isMade || /^\d+$/.test(name) ? fact : { gid: unknownId }
    }),
    users: { ...nothing.users },
    packages: { ...nothing.packages },
    objects: { ...nothing.objects },
  }
}

function withEach<Fact>(
  facts: Readonly<Record<string, Fact>>,
  replace: (fact: Fact, name: string) => Fact | undefined,
): Record<string, Fact> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]) => {
      const next = replace(fact, name)
      return next === undefined ? [] : [[name, next]]
    }),
  )
}

function claimsIn({ entries }: HostCatalog): ReadonlySet<string> {
  return new Set(entries.flatMap(({ resource }) => resource.claims.map(({ kind, key }) => `${kind} ${key}`)))
}

function unitsWithFiles({ entries }: HostCatalog): ReadonlySet<string | undefined> {
  return new Set(
    entries.flatMap(({ resource: { ownsUnit, claims } }) =>
      claims.some(({ kind }) => kind === 'path') ? [ownsUnit] : [],
    ),
  )
}

/** By path: the checksum that the other catalog wants there. As of a host, only other contents are in the facts. */
function wantedContents({ entries }: HostCatalog): ReadonlyMap<string, string | undefined> {
  return new Map(
    entries.flatMap(({ resource }) =>
      resource.probes.flatMap((probe) =>
        probe.probe === 'path' ? [[probe.path, probe.sha256] as const] : [],
      ),
    ),
  )
}

const rootsOwn = { mode: '0644', owner: 'root', group: 'root', uid: 0, gid: 0 }

function carryOut(
  operation: Operation,
  answers: Answers,
  wanted: ReadonlyMap<string, string | undefined>,
): void {
  const after = rulesOf(operation).after(operation, answers)
  for (const kind of ['paths', 'units', 'users', 'groups', 'packages', 'objects'] as const)
    Object.assign(answers[kind], after[kind])
  if (operation.op === 'etcd-key' && operation.content !== undefined)
    Object.assign(answers.objects[operation.object] ?? {}, { content: textOf(bytesOf(operation.content)) })
  const path = pathOf(operation)
  if (path === undefined) return
  if (operation.op === 'write') {
    const { content } = operation
    const isShown = content.sha256 !== wanted.get(path) && content.encoding !== 'file'
    if (isShown && content.sizeBytes <= largestShown)
      Object.assign(answers.paths[path] ?? {}, { content: textOf(bytesOf(content)) })
  }
  if (operation.op === 'archive' || operation.op === 'checkout') {
    const text = `${operation.op === 'archive' ? operation.sha256 : operation.commit}\n`
    const stamp = { type: 'file', sha256: sha256Of(text), sizeBytes: text.length } as const
    Object.assign(answers.paths, { [stampOf(path)]: { ...stamp, ...rootsOwn } })
  }
}

import { type Static, Type } from 'typebox'
import type { Facts, HostState, PathFact, PendingNotification } from '../../src/model/facts.ts'
import { given } from '../../src/model/given.ts'
import { type KeptGeneration, type ManifestEntry, manifestHeader, setLine } from '../../src/model/manifest.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { planCluster } from '../../src/plan/rollout/plan-cluster.ts'
import { pruneProbes } from '../../src/plan/undo/prune.ts'
import { lastingProbes, undoProbes } from '../../src/plan/undo/rollback.ts'
import { holdLine } from '../../src/record/hold.ts'
import { parseManifest } from '../../src/shell/answers/parse-manifest.ts'
import { blankFacts, factsOf } from '../samples/facts.ts'
import { catalogOf, declaredContents, type Spec as SpecLines } from './catalogs.ts'
import { type HostLines as LinesOfHost, readHost } from './host-facts.ts'
import { type Declared, GenerationLines, ManifestLines, readGenerations, readManifest } from './manifest.ts'
import { readPathFact } from './path-states.ts'
import { quotedText } from './texts.ts'

const Spec = Type.Unsafe<SpecLines>(Type.Array(Type.Record(Type.String(), Type.Object({}))))
const HostLines = Type.Unsafe<LinesOfHost>(Type.Object({}))

/** What a case may say of one host; what it leaves out is empty. */
export const situationFields = {
  /** Its resources, as below `resources:` in a spec. */
  spec: Type.Optional(Spec),
  /** What is on it. */
  host: Type.Optional(HostLines),
  /** As in `restart unit[web.service]`. */
  pending: Type.Optional(Type.Array(Type.String())),
  platform: Type.Optional(
    Type.Object(
      {
        init: Type.Optional(Type.Enum(['systemd', 'offline', 'none'])),
        uid: Type.Optional(Type.Integer()),
        rooted: Type.Optional(Type.Boolean()),
        machine: Type.Optional(Type.String()),
        missingStagingDir: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
  ),
  /** What converge keeps on it: as it is, or by the applies, oldest first, that brought it about. */
  manifest: Type.Optional(ManifestLines),
  generations: Type.Optional(GenerationLines),
  applies: Type.Optional(
    Type.Array(
      Type.Object(
        { spec: Type.Optional(Spec), host: Type.Optional(HostLines), by: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
    ),
  ),
  /** The manifests of other clusters. */
  others: Type.Optional(Type.Record(Type.String(), ManifestLines)),
  /** The names under which it was applied, the last one last. */
  identities: Type.Optional(Type.Array(Type.String())),
  /** The newest generation, if it is not among those that the case lists. */
  generation: Type.Optional(Type.Integer()),
  manifestLines: Type.Optional(Type.Integer()),
  /** A rollback holds it, for the spec of the case or for another one. */
  held: Type.Optional(Type.Enum(['for this spec', 'for another spec'])),
  /** What that rollback changed, in words. */
  rolledBack: Type.Optional(Type.Array(Type.String())),
  /** The changes of the newest apply, in words, from that at which it failed on. */
  failedAt: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
}
const Situation = Type.Object(situationFields)
type SituationLines = Static<typeof Situation>

export interface Situation extends Declared {
  readonly facts: Facts
  /** Newest first. */
  readonly generations: readonly KeptGeneration[]
  /** Where contents are kept on the host. */
  readonly keptIn: string
}

interface History {
  readonly manifest: readonly ManifestEntry[]
  /** Newest first. */
  readonly generations: readonly KeptGeneration[]
}

const keptIn = '/kept'

export function readSituation(lines: SituationLines, name = 'host'): Situation {
  const declared = declaredBy(lines.spec, name)
  const applied = (lines.applies ?? []).reduce<History>(afterApply, { manifest: [], generations: [] })
  const manifest = [...applied.manifest, ...readManifest(lines.manifest ?? {}, declared)]
  const generations = [...readGenerations(lines.generations ?? [], declared), ...applied.generations]
  return { ...declared, keptIn, generations, facts: readFacts(lines, declared, { manifest, generations }) }
}

function declaredBy(spec: SituationLines['spec'] = [], name = 'host'): Declared {
  const catalog = catalogOf(spec, name)
  return { catalog, contents: declaredContents(catalog) }
}

function readFacts(lines: SituationLines, { catalog, contents }: Declared, history: History): Facts {
  const { manifest, generations } = history
  const state: HostState = {
    manifest,
    manifestLines: lines.manifestLines ?? manifest.length + 1,
    others: Object.entries(lines.others ?? {}).map(([cluster, theirs]) => ({
      cluster,
      manifest: readManifest(theirs, { catalog, contents }),
    })),
    generation: lines.generation ?? generations[0]?.number ?? 0,
    members: [],
    keptIn,
    ...given({ identities: lines.identities?.map((name) => ({ name, place: '' })) }),
    ...given({
      held: heldLine(lines.held, catalog),
      rolledBack: lines.rolledBack,
      failed: failureAt(lines.failedAt),
    }),
  }
  const { manifest: _, ...aside } = lines
  const isKnown =
    manifest.length > 0 ||
    ['identities', 'others', 'generations', 'applies', 'generation', 'held'].some((key) => key in aside)
  const undone = [
    ...pruneProbes(catalog, { ...blankFacts, state }),
    ...undoProbes(generations.flatMap(({ revert }) => revert)),
    ...lastingProbes(generations),
  ]
  const found = readHost(lines.host ?? {}, contents)
  const pending = (lines.pending ?? []).map(readPending)
  const nothing = factsOf(catalog, {
    ...supposedFacts(undone, 'inactive'),
    platform: { ...blankFacts.platform, ...given(lines.platform ?? {}) },
  })
  return {
    ...nothing,
    paths: { ...nothing.paths, ...keptContents(generations), ...found.paths },
    units: { ...nothing.units, ...found.units },
    users: { ...nothing.users, ...found.users },
    groups: { ...nothing.groups, ...found.groups },
    packages: { ...nothing.packages, ...found.packages },
    accounts: { ...nothing.accounts, ...found.accounts },
    tools: { ...nothing.tools, ...found.tools },
    offers: { ...nothing.offers, ...found.offers },
    checks: { ...nothing.checks, ...found.checks },
    pending,
    journal: pending.length === 0 ? '' : 'converge-journal 1',
    ...(isKnown ? { state } : {}),
  }
}

/** The contents that generations put back, where the host keeps them. */
function keptContents(generations: readonly KeptGeneration[]): Readonly<Record<string, PathFact>> {
  const undone = generations.flatMap(({ revert }) => revert.map(({ operation }) => operation))
  return Object.fromEntries(
    undone.flatMap((operation) =>
      operation.op === 'restore'
        ? [[`${keptIn}/${operation.kept}`, readPathFact(`file ${quotedText(operation.sha256)}`, undefined)]]
        : [],
    ),
  )
}

function readPending(line: string): PendingNotification {
  const [action = '', ...resource] = line.split(' ')
  return { action, resource: resource.join(' ') }
}

function failureAt(left: SituationLines['failedAt']): HostState['failed'] {
  return left === undefined
    ? undefined
    : { problem: 'exit 1', by: 'ann@desk since today', left, ...given({ at: left[0] }) }
}

function heldLine(held: SituationLines['held'], catalog: HostCatalog): string | undefined {
  if (held === undefined) return undefined
  const other = { ...catalog, entries: catalog.entries.slice(1) }
  return holdLine(held === 'for this spec' ? catalog : other, 'ann@desk since today')
}

type Apply = NonNullable<SituationLines['applies']>[number]

/** What an apply leaves of manifest and generations: what its plan says. */
function afterApply(history: History, { spec, host = {}, by }: Apply): History {
  const declared = declaredBy(spec)
  const facts = readFacts({ host, generations: [] }, declared, history)
  const [plan] = planCluster({ cluster: 'test', hosts: [declared.catalog] }, new Map([['host', facts]])).hosts
  if (plan?.status === 'failed') throw plan.error
  if (plan?.status !== 'planned') throw new Error('an apply of the case has no plan')
  const { changes, bookkeeping } = plan
  if (bookkeeping === undefined) return history
  const { generation: number, summary, revert, records } = bookkeeping
  const lines = [
    ...records,
    ...changes.flatMap(({ records: before = [], strikes = [] }) => [...before, ...strikes]),
  ]
  const set = history.manifest.map(setLine)
  return {
    manifest: parseManifest([manifestHeader, ...set, ...lines]),
    generations: [
      {
        number,
        run: '',
        by: by ?? `ann@desk since generation ${number}`,
        changes: summary,
        revert,
        manifest: history.manifest,
      },
      ...history.generations,
    ],
  }
}

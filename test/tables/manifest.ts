import { type Static, Type } from 'typebox'
import { given } from '../../src/model/given.ts'
import type { KeptGeneration, ManifestEntry, Undo } from '../../src/model/manifest.ts'
import type { Content } from '../../src/model/operation.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { ResourceId } from '../../src/model/resource-id.ts'
import { desiredDigest } from '../../src/record/digest.ts'
import { answerCheck } from '../../src/shell/answers/answer-check.ts'
import { readUnit } from './host-facts.ts'
import { operationWords, readOperation } from './operations.ts'
import { readAppliedState, stateWords } from './path-states.ts'

const EntryLines = Type.Object(
  {
    origin: Type.Optional(Type.Literal('adopted')),
    // What the spec says of the resource is what it said at the last apply.
    desired: Type.Optional(Type.Literal('unchanged')),
    paths: Type.Optional(Type.Record(Type.String(), Type.String())),
    undo: Type.Optional(Type.Array(Type.Unknown())),
    found: Type.Optional(Type.Record(Type.String(), Type.String())),
    sensitive: Type.Optional(Type.Boolean()),
    group: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
type EntryLines = Static<typeof EntryLines>

/** A manifest as a case has it: by resource, what was left at its paths and what undoes it. */
export const ManifestLines = Type.Record(Type.String(), EntryLines)
export type ManifestLines = Static<typeof ManifestLines>

/** Generations as a case has them, newest first. */
export const GenerationLines = Type.Array(
  Type.Object(
    {
      number: Type.Integer(),
      by: Type.Optional(Type.String()),
      undo: Type.Array(Type.Record(Type.String(), Type.Unknown())),
      // What this does not undo.
      lasting: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
      // Before this generation.
      manifest: Type.Optional(ManifestLines),
    },
    { additionalProperties: false },
  ),
)
export type GenerationLines = Static<typeof GenerationLines>

/** What the spec declares, which an entry need not repeat. */
export interface Declared {
  readonly catalog: HostCatalog
  readonly contents: ReadonlyMap<string, Content>
}

export function readManifest(
  lines: ManifestLines,
  { catalog, contents }: Declared,
): readonly ManifestEntry[] {
  return Object.entries(lines).map(
    ([id, { origin, desired, paths = {}, undo = [], found, ...more }]): ManifestEntry => {
      const resource = resourceId(id)
      const declared = catalog.entries.find((entry) => entry.resource.id === resource)?.resource.desired
      return {
        resource,
        origin: origin ?? 'created',
        desired: desired === undefined || declared === undefined ? '' : desiredDigest(declared),
        paths: Object.fromEntries(
          Object.entries(paths).map(([path, state]) => [path, readAppliedState(state, contents.get(path))]),
        ),
        removal: undo.map(readOperation),
        ...given({ found: found === undefined ? undefined : readFound(found), ...more }),
      }
    },
  )
}

/** An entry as a case has it. */
export function entryLines(
  { paths, removal, origin, found, desired: _desired, resource: _resource, ...more }: ManifestEntry,
  { contents }: Declared,
): EntryLines {
  return {
    ...given({
      origin: origin === 'adopted' ? origin : undefined,
      paths: unlessEmpty(
        Object.fromEntries(
          Object.entries(paths).map(([path, state]) => [path, stateWords(state, contents.get(path))]),
        ),
      ),
      undo: removal.length === 0 ? undefined : removal.map(operationWords),
      found: found === undefined ? undefined : unlessEmpty(foundLines(found)),
    }),
    ...more,
  }
}

export function readGenerations(generations: GenerationLines, declared: Declared): readonly KeptGeneration[] {
  return generations.map(
    ({ number, by = `somebody since generation ${number}`, undo, lasting, manifest = {} }) => ({
      number,
      run: '',
      by,
      changes: [],
      revert: readUndo(undo),
      ...given({ lasting: lasting && readUndo(lasting) }),
      manifest: readManifest(manifest, declared),
    }),
  )
}

function readUndo(lines: readonly Readonly<Record<string, unknown>>[]): readonly Undo[] {
  return lines.flatMap((line) =>
    Object.entries(line).map(
      ([id, operation]): Undo => ({ resource: resourceId(id), operation: readOperation(operation) }),
    ),
  )
}

export function undoLine({ resource, operation }: Undo): string {
  return `${resource}: ${operationWords(operation)}`
}

const isResourceId = answerCheck(ResourceId)

function resourceId(text: string): ResourceId {
  if (isResourceId(text)) return text
  throw new Error(`not the identity of a resource: ${text}`)
}

type Found = NonNullable<ManifestEntry['found']>

function readFound(lines: Readonly<Record<string, string>>): Found {
  const entries = Object.entries(lines)
  return {
    units: Object.fromEntries(
      entries.flatMap(([line, state]) => {
        const [, unit] = /^unit (.*)$/.exec(line) ?? []
        if (unit === undefined) return []
        const { active, file } = readUnit(state)
        return [[unit, { active, file }]]
      }),
    ),
    absent: entries.filter(([, state]) => state === 'absent').map(([line]) => line),
  }
}

function foundLines({ units, absent }: Found): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...Object.entries(units).map(([unit, { active, file }]) => [`unit ${unit}`, `${active} ${file}`]),
    ...absent.map((line) => [line, 'absent']),
  ])
}

function unlessEmpty<T extends object>(map: T): T | undefined {
  return Object.keys(map).length === 0 ? undefined : map
}

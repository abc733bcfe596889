import { Type } from 'typebox'
import { ObjectRecord } from './cluster-object.ts'
import { Operation } from './operation.ts'
import { Platform } from './platform.ts'
import { Probe } from './probe.ts'
import { ResourceId } from './resource-id.ts'
import {
  Count,
  type Data,
  describe,
  flag,
  HostPath,
  HostPathKey,
  list,
  mapOf,
  optional,
  Text,
} from './schema.ts'
import { SecretSpan } from './secret-spans.ts'
import { placeOf, Target } from './targets/index.ts'

/** The unit states and missing accounts and packages before converge first managed a resource. */
const Found = Type.Object({
  units: mapOf(Type.Object({ active: Text, file: Text })),
  absent: list('As in `user web`.', Text),
  held: optional(list('Packages that were held.', Text), 'Absent if none was.'),
})
export type Found = Data<typeof Found>

/** The last applied state of a resource: a line of a cluster's manifest on a host, for prune, drift and claims. */
export const ManifestEntry = Type.Object({
  resource: ResourceId,
  origin: Type.Enum(['created', 'adopted'], {
    description:
      '`created`: nothing was there before converge; `adopted`: something was, and prune restores it.',
  }),
  desired: describe(Text, 'SHA-256 over the desired state as JSON with sorted keys.'),
  paths: Type.Record(
    HostPathKey,
    describe(Text, 'The state of each of its paths, as appliedState says it.'),
    {
      additionalProperties: false,
    },
  ),
  part: Type.Optional(
    Type.Object(
      {
        path: HostPath,
        key: describe(Text, 'The path, and how the part begins.'),
        state: describe(Text, 'Checksum of what is in it, or `absent`.'),
      },
      { description: 'The part of a file that others own.' },
    ),
  ),
  object: Type.Optional(describe(ObjectRecord, 'What of it only the API of a cluster has.')),
  removal: list('What prune does once the resource is removed from the spec.', Operation),
  found: Type.Optional(Found),
  sensitive: flag('Its content is not shown, even if a later spec no longer says so.'),
  secrets: optional(
    Type.Record(HostPathKey, Type.Array(SecretSpan), { additionalProperties: false }),
    'Where secrets are in the files as they were applied, so that diffs can show the rest.',
  ),
  group: optional(Text, 'The disruption group that the resource is a member of.'),
})
export type ManifestEntry = Data<typeof ManifestEntry>

/** The record of a resource by a portable program. With what was found before, it gives a manifest entry. */
export const Made = Type.Object({
  resource: ResourceId,
  desired: Text,
  paths: Type.Array(HostPath),
  probes: Type.Array(Probe),
  operations: list('All that it takes on an empty host; no contents.', Operation),
  unit: optional(Text, 'The unit of the resource.'),
  sensitive: Type.Optional(Type.Boolean()),
  secrets: Type.Optional(Type.Record(HostPathKey, Type.Array(SecretSpan), { additionalProperties: false })),
  group: Type.Optional(Text),
})
export type Made = Data<typeof Made>

/** A host of the cluster as the others remember it, so that it can be found after its removal from the spec. */
export const Member = Type.Object({ name: Text, target: Target, platform: Platform })
export type Member = Data<typeof Member>

/** An operation that undoes a part of a generation, and its resource. */
export const Undo = Type.Object({ resource: ResourceId, operation: Operation })
export type Undo = Data<typeof Undo>

/** By what a machine recognizes itself: a name in the spec, and the words of its place, empty if it has none. */
export interface Identity {
  readonly name: string
  readonly place: string
}

export function identityOf({ name, target }: Pick<Member, 'name' | 'target'>): Identity {
  return { name, place: placeOf(target)?.words ?? '' }
}

/** How the words of a rollback's generation begin, before those of its changes. */
export const rollbackWords = 'rollback to before generation '

/** A generation: what one apply did. */
export const Generation = Type.Object({
  number: Count,
  run: describe(Text, 'Id of the run that made it.'),
  by: describe(Text, 'Who and since when, one line.'),
  changes: list('What was changed, in words, one line each.', Text),
  lasting: Type.Optional(list('The operations that its undo does not undo, and their resources.', Undo)),
})
export type Generation = Data<typeof Generation>

/** How an apply failed: at which change in words, if it was at one, and the problem. */
export interface ApplyFailure {
  readonly at?: string
  /** `exit 100`, or a sentence. */
  readonly problem: string
}

/** What a host remembers of the applies on it. */
export interface HostHistory {
  /** Newest first. */
  readonly generations: readonly KeptGeneration[]
  /** As in HostState. */
  readonly held?: string
}

/** A generation with what undoes it. */
export interface KeptGeneration extends Generation {
  readonly revert: readonly Undo[]
  /** The manifest as it was before. */
  readonly manifest: readonly ManifestEntry[]
  readonly failed?: ApplyFailure
}

/** The first line of a manifest. */
export const manifestHeader = 'converge-manifest 1'

/** The text of a manifest with one line per entry. */
export function manifestText(entries: readonly ManifestEntry[]): string {
  return [manifestHeader, ...entries.map(setLine), ''].join('\n')
}

/** The manifest's line that sets a resource's entry. */
export function setLine(entry: ManifestEntry): string {
  return `set ${JSON.stringify(entry)}`
}

/** Manifest lines by a portable program: `made GENERATION JSON`, or `seen ...` for what needed no change. */
export const madeLine = /^(made|seen) (\d+) (.*)$/s

/** The manifest's line that removes a resource's entry. As JSON, because an identity may contain line breaks. */
export function dropLine(resource: string): string {
  return `drop ${JSON.stringify(resource)}`
}

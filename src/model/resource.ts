import { Type } from 'typebox'
import type { Position } from './diagnostic.ts'
import type { Facts, Probe } from './facts.ts'
import type { Operation } from './operation.ts'
import type { NotificationAction, Relations, Timing } from './relations.ts'
import type { ResourceId } from './resource-id.ts'
import { closed, type Data, type JsonSchema, text } from './schema.ts'
import type { ValueMap } from './value.ts'

export type { ResourceId }

/** What no second resource of a host may own. */
export interface Claim {
  readonly kind: 'path' | 'unit' | 'user' | 'group' | 'package'
  readonly key: string
}

export const Guard = closed('Conditions that must all hold.', {
  onlyIf: Type.Optional(text('A shell command that exits 0.')),
  unless: Type.Optional(text('A shell command that does not exit 0.')),
  exists: Type.Optional(text('A path at which there is something.')),
  absent: Type.Optional(text('A path at which there is nothing.')),
  running: Type.Optional(text('A unit that runs.')),
})
export type Guard = Data<typeof Guard>

/** Why a resource acts although its own state is right: somebody notified it. */
export interface Trigger {
  readonly action: NotificationAction
}

/** One operation and why it is needed, in words: `mode will change from 0644 to 0600`. */
export interface Step {
  readonly operation: Operation
  readonly reason: string
  /** Actions that this step, once done, owes to the resource itself (a unit whose file changed owes a restart). */
  readonly owes?: readonly NotificationAction[]
  /**
   * The path whose state, as inspected, the step builds on. Apply refuses the host when it is no longer so.
   * Absent: the operation is right from any state.
   */
  readonly expects?: readonly string[]
  /** `last`: done at the end of the host's run, after its notifications, and earns none. */
  readonly phase?: 'last'
  /** Besides what the spec declares; the planner decides it, or leaves it to the host. */
  readonly guard?: Guard
}

/** A resource type: how `resources:` in YAML and recipes in TypeScript make a resource from plain data. */
export interface ResourceKind {
  readonly kind: string
  /** JSON Schema of what a spec may say of one, relations included. */
  readonly schema: JsonSchema
  /** Makes the resource from input that is valid against the schema; relations by identity. */
  create(input: ValueMap): Resource
}

/** One thing that should be true of a host. Data, with the pure functions of its kind closed over it. */
export interface Resource {
  readonly kind: string
  readonly name: string
  readonly id: ResourceId
  readonly desired: ValueMap
  readonly relations: Relations
  readonly claims: readonly Claim[]
  readonly probes: readonly Probe[]
  /** What comes first where the same host declares it: the directory above a path, the owner of a file. */
  follows?(): readonly Claim[]
  /** What others may notify it to do; absent: nothing. */
  readonly actions?: readonly NotificationAction[]
  /** Acts only when notified: compile refuses it where nothing notifies it. */
  readonly dormant?: boolean
  /** The systemd unit that it stands for; a change of the unit's files concerns it. */
  readonly ownsUnit: string | undefined
  /** Its content stays out of diffs, messages and plans. */
  readonly isSensitive: boolean
  /** What is needed to make it true, given the facts; empty when it is. With a trigger: what that asks for. */
  steps(facts: Facts, trigger?: Trigger): readonly Step[]
}

/** A notification after compile: from one resource of the host to another. */
export interface Notification {
  readonly resource: ResourceId
  readonly action: NotificationAction
  readonly timing: Timing
}

/** A resource in its place in the catalog, its relations resolved to identities on the same host. */
export interface CatalogEntry {
  readonly resource: Resource
  readonly after: readonly ResourceId[]
  readonly notifies: readonly Notification[]
  /** The recipe, role or host layer that declared it. */
  readonly declaredBy: string
  /** The entry of the run list, or the declaration itself. */
  readonly position?: Position
}

/** Everything that should be true of one host, in the order in which it is made true. */
export interface HostCatalog {
  readonly host: string
  readonly entries: readonly CatalogEntry[]
}

/** The compiled cluster: one catalog per host, in the order of the spec. */
export interface Catalog {
  readonly cluster: string
  readonly hosts: readonly HostCatalog[]
}

import { Type } from 'typebox'
import type { Consent } from './consent.ts'
import type { Position, Problem } from './diagnostic.ts'
import type { Facts, Probe } from './facts.ts'
import type { Operation } from './operation.ts'
import type { Platform, Reboot } from './platform.ts'
import type { NotificationAction, Regroup, Relations, Timing } from './relations.ts'
import type { ResourceId } from './resource-id.ts'
import { closed, type Data, type JsonSchema, text } from './schema.ts'
import type { ValueMap } from './value.ts'

export type { ResourceId }

/** What only one resource of a host may own. */
export interface Claim {
  readonly kind: 'path' | 'part' | 'unit' | 'user' | 'group' | 'package'
  readonly key: string
  /** The file that a part is in: nobody else may own that as a whole. */
  readonly in?: string
}

/** Where a path is that is claimed, or a part of what is at it. */
export function pathIn({ kind, key, in: file }: Claim): string | undefined {
  return kind === 'path' ? key : file
}

export const Guard = closed('Conditions that must all hold.', {
  onlyIf: Type.Optional(text('A shell command that exits 0.')),
  unless: Type.Optional(text('A shell command that does not exit 0.')),
  exists: Type.Optional(text('A path at which there is something.')),
  absent: Type.Optional(text('A path at which there is nothing.')),
  running: Type.Optional(text('A unit that runs.')),
  loaded: Type.Optional(text('A unit of which systemd has a file.')),
  reinstalls: Type.Optional(
    text('Unit files, each with the checksum of its new content, of which one changes its [Install].'),
  ),
})
export type Guard = Data<typeof Guard>

/** A notification of a resource. */
export interface Trigger {
  readonly action: NotificationAction
}

/** One operation and its reason: `mode will change from 0644 to 0600`. */
export interface Step {
  readonly operation: Operation
  readonly reason: string
  /** Actions that this step owes to its own resource: a unit whose file changed owes a restart. */
  readonly owes?: readonly NotificationAction[]
  /** Paths whose inspected state the step relies on: apply refuses the host if they changed. */
  readonly expects?: readonly string[]
  /** `last`: done at the end of the host's run, after its notifications, and earns none. */
  readonly phase?: 'last'
  /** It changes who is a member of a group: no other host of that group is at work then. */
  readonly regroups?: Regroup
  /** What it needs besides a yes. */
  readonly consent?: Consent
  /** Done to the enabled instances of the template that its operation names. */
  readonly ofInstances?: true
  /** In addition to the declared guards; evaluated by the planner or by the host. */
  readonly guard?: Guard
}

/** A resource type: creates resources from plain data, for `resources:` in YAML and for recipes. */
export interface ResourceKind {
  readonly kind: string
  /** JSON Schema of its input, including relations. */
  readonly schema: JsonSchema
  /** Creates a resource from valid input; relations by identity. */
  create(input: ValueMap): Resource | Composite
}

/** What of a host the parts of a composite may depend on. */
export interface CompositeHost {
  readonly platform: Platform
}

/** Resources of other kinds under one name, such as a timer and its service. Catalogs have its parts only. */
export interface Composite {
  readonly kind: string
  readonly name: string
  readonly id: ResourceId
  readonly desired: ValueMap
  /** Its guards and its disruption are those of each part; a notification is for the last part that understands it. */
  readonly relations: Relations
  /** At least one, in order; some may be composites. Throws a SpecError. */
  parts(host: CompositeHost): readonly (Resource | Composite)[]
}

export function isComposite(resource: Resource | Composite): resource is Composite {
  return 'parts' in resource
}

/** One part of a host's desired state, such as a file. Data, with the pure functions of its kind. */
export interface Resource {
  readonly kind: string
  readonly name: string
  readonly id: ResourceId
  readonly desired: ValueMap
  readonly relations: Relations
  readonly claims: readonly Claim[]
  readonly probes: readonly Probe[]
  /** Claims whose owners come first if the host declares them: the directory above a path, the owner of a file. */
  follows?(): readonly Claim[]
  /** What it can be notified to do; absent: nothing. */
  readonly actions?: readonly NotificationAction[]
  /** Acts only when notified: compile refuses it if nothing notifies it. */
  readonly dormant?: boolean
  /** The systemd unit that it manages, if any. */
  readonly ownsUnit: string | undefined
  /** Where that unit mounts something: what is declared there or below comes after it. */
  readonly mountsOn?: string | undefined
  /** The secrets in it whose values are not open, so that it cannot be applied. */
  readonly closedSecrets: readonly string[]
  /** Its content stays out of diffs, messages and plans. */
  readonly isSensitive: boolean
  /** The steps that are needed, given the facts; none if converged. With a trigger: what that asks for. */
  steps(facts: Facts, trigger?: Trigger): readonly Step[]
}

/** A compiled notification from one resource of the host to another. */
export interface Notification {
  readonly resource: ResourceId
  readonly action: NotificationAction
  readonly timing: Timing
}

/** A resource in the catalog, its relations resolved to identities on the same host. */
export interface CatalogEntry {
  readonly resource: Resource
  readonly after: readonly ResourceId[]
  readonly notifies: readonly Notification[]
  /** The recipe, role or host layer that declared it. */
  readonly declaredBy: string
  /** The entry of the run list that it is from, or the layer that declares it. */
  readonly from?: { readonly recipe?: string; readonly layer: string }
  /** The entry of the run list, or the declaration itself. */
  readonly position?: Position
  /** The composites that it is a part of, outermost first. */
  readonly partOf?: readonly ResourceId[]
}

/** The desired state of one host: its resources in the order in which they are applied. */
export interface HostCatalog {
  readonly host: string
  /** If it is known. */
  readonly address?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Absent if it never reboots. */
  readonly reboot?: Reboot
  readonly entries: readonly CatalogEntry[]
}

/** A file of this machine that is not held in memory. */
export interface LargeFile {
  readonly file: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** The compiled cluster: one catalog per host, in spec order. */
export interface Catalog {
  readonly cluster: string
  readonly hosts: readonly HostCatalog[]
  /** By checksum, where the contents are that are not held in memory. */
  readonly files?: ReadonlyMap<string, string>
  /** What recipes warn of. */
  readonly doubts?: readonly Problem[]
}

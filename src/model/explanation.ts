import type { Setting } from './cluster.ts'
import type { Position } from './diagnostic.ts'
import type { ResourceId } from './resource-id.ts'
import type { Value } from './value.ts'

/** What `converge explain` says of a host, of values, or of what it gets. */
export type Explanation = HostExplanation | ValuesExplanation | OutputsExplanation

/** Who lists, sets or makes something, such as `role web` or `recipe etcd`, and where. */
interface Maker {
  readonly by: string
  readonly position?: Position
}

/** A role or an environment of a host. */
interface Named extends Maker {
  readonly name: string
}

export interface HostExplanation {
  readonly about: 'host'
  readonly host: string
  readonly address: string
  readonly environment?: Named
  readonly roles: readonly Named[]
  /** Those of its values, weakest first. */
  readonly layers: readonly string[]
  /** In the order of the spec. */
  readonly made: readonly (Maker & {
    readonly listedBy?: string
    readonly resources: readonly ResourceId[]
    /** If it made nothing: what it reads. */
    readonly dependsOn?: readonly Cause[]
  })[]
}

export interface ValuesExplanation {
  readonly about: 'values'
  readonly host: string
  readonly values: readonly ExplainedValue[]
}

export interface ExplainedValue {
  readonly path: string
  /** Absent if it was removed. */
  readonly value?: Value
  /** Weakest first. */
  readonly settings: readonly Omit<Setting, 'refersTo'>[]
  readonly refersTo: readonly Cause[]
}

/** What something depends on. */
export interface Cause {
  /** `value`: of hosts; `hosts`: which hosts match; `text`: what is written in the spec for the thing itself. */
  readonly kind: 'value' | 'hosts' | 'text'
  /** A dotted path, or what chooses the hosts: `recipe:etcd`. */
  readonly what: string
  /** Whose value it is, if it is not only of the host that is explained; or the hosts that match. */
  readonly hosts?: readonly string[]
  /** Absent if there is none, or it may not be shown. */
  readonly value?: Value
  /** As it is written, if that has expressions. */
  readonly written?: Value
  /** The layer that sets or removes it; absent if none does. */
  readonly layer?: string
  readonly position?: Position
  readonly refersTo: readonly Cause[]
}

export interface OutputsExplanation {
  readonly about: 'outputs'
  readonly host: string
  readonly outputs: readonly ExplainedOutput[]
  /** Whether everything was tried in the time that there was. */
  readonly isComplete: boolean
}

/** A file, or the properties of a resource. */
export interface ExplainedOutput extends Maker {
  readonly resource: ResourceId
  /** Where the file is; absent for properties. */
  readonly path?: string
  readonly isSensitive: boolean
  readonly lines: readonly ExplainedLine[]
  /** What decides that it is there, under this name. */
  readonly thereFor: readonly Cause[]
  /** What its lines depend on, in the order in which it is read. */
  readonly causes: readonly Cause[]
  /** What its maker reads as well, without an effect on these lines that was found. */
  readonly alsoRead: readonly Cause[]
}

export interface ExplainedLine {
  /** From 1. */
  readonly number: number
  /** Absent if it is sensitive. */
  readonly text?: string
  /** The line of the template or file that it was made from. */
  readonly template?: Position
  /** Indexes of `causes`. */
  readonly causes: readonly number[]
}

import type { ConvergeError } from './errors.ts'
import type { Facts, PathFact } from './facts.ts'
import type { Operation } from './operation.ts'
import type { Disruption, Guard, NotificationAction, ResourceId } from './resource.ts'

/** What the plan saw at a path; apply checks it again under the lock before it touches anything. */
export interface Expectation {
  readonly path: string
  readonly state: PathFact
}

/** A file before and after, as text; undefined where there is none, it is binary, too large or sensitive. */
export interface FileDiff {
  readonly path: string
  readonly before?: string
  readonly after?: string
  /** Why no text is shown, such as `sensitive` or `binary`. */
  readonly omitted?: string
}

/** What is written to the journal before a change, and struck out after the act. */
export interface Owed {
  readonly resource: ResourceId
  readonly action: NotificationAction
}

/** One operation of the plan: what, on behalf of which resource, why. */
export interface Change {
  readonly resource: ResourceId
  readonly operation: Operation
  /** Why, in words; one line. */
  readonly reason: string
  readonly diff?: FileDiff
  readonly expects: readonly Expectation[]
  /** Notifications that this change earns. */
  readonly owes: readonly Owed[]
  /** Notifications that this change carries out. */
  readonly settles: readonly Owed[]
  /** Decided on the host: only if the guard says so when its turn comes. */
  readonly guard?: Guard
}

/** What is planned for one host. */
export type HostPlan =
  | {
      readonly host: string
      readonly status: 'planned'
      /** In the order in which they are applied; empty when the host is as it should be. */
      readonly changes: readonly Change[]
      readonly facts: Facts
      /** Why this host disrupts a group; empty when it does not. */
      readonly disrupts: readonly Disruption[]
      /** Things to know that change nothing, such as `ownership is left alone: not root`. */
      readonly notes: readonly string[]
    }
  | { readonly host: string; readonly status: 'failed'; readonly error: ConvergeError }

export interface Wave {
  readonly hosts: readonly string[]
  /** For each group that this wave disrupts: how many may be down, and how to ask its members outside the wave. */
  readonly gates: readonly {
    readonly group: string
    readonly maxUnavailable: number
    readonly members: readonly { readonly host: string; readonly healthy: string }[]
  }[]
  /** Hosts of the wave on which members start and wait for each other: none of them waits for a free place. */
  readonly bootstrap: readonly string[]
}

/** The whole plan. Apply performs these changes, wave after wave, and nothing else. */
export interface Plan {
  readonly cluster: string
  readonly hosts: readonly HostPlan[]
  readonly waves: readonly Wave[]
}

import { Type } from 'typebox'
import type { ConvergeError } from './errors.ts'
import type { Facts, PathFact, PendingNotification, Probe } from './facts.ts'
import type { Made, Member, Undo } from './manifest.ts'
import type { Operation } from './operation.ts'
import type { Disruption, Guard, NotificationAction, ResourceId } from './resource.ts'
import { Count, type Data, describe } from './schema.ts'

/** What the plan saw at a path; apply checks it again under the lock before it touches anything. */
export interface Expectation {
  readonly path: string
  readonly state: PathFact
}

/** How a file's text changes, or why that is not shown. */
export type FileDiff =
  | { readonly path: string; readonly shown: FileTexts }
  | { readonly path: string; readonly omitted: Omission }

/** The text before and after; absent if there is no file. */
export interface FileTexts {
  readonly before?: string
  readonly after?: string
}

export type Omission = 'sensitive' | 'binary' | 'too large' | 'the kept content is gone or damaged'

/** What is written to the journal before a change, and struck out after the act. */
export interface Owed {
  readonly resource: ResourceId
  /** systemd has to read its files anew: owed like a notification, so that no kill in between loses it. */
  readonly action: NotificationAction | 'daemon-reload'
}

/** A content that is kept before a change, as the file `kept` below the cluster's state directory. */
export interface Kept {
  readonly path: string
  readonly kept: string
  /** The change leaves the file where it is, so that somebody may write into it later. */
  readonly staysInPlace?: boolean
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
  /** Who caused it, as far as the host's manifest tells: absent where converge has no record of the resource. */
  readonly cause?: 'spec changed' | 'host changed' | 'spec and host changed'
  /** Contents that are kept before it, each as a file below the cluster's state directory. */
  readonly keeps?: readonly Kept[]
  /** Manifest lines that are on disk before it. */
  readonly records?: readonly string[]
  /** Manifest lines that are written after it. */
  readonly strikes?: readonly string[]
  /** Decided on the host: only if one of the guarded changes that owe this was done. */
  readonly whenOwed?: Owed
  /** Decided on the host: only if the guard says so when its turn comes. */
  readonly guard?: Guard
}

/** How an apply is recorded on its host: as a generation that can be taken back, and in the manifest. */
export interface Bookkeeping {
  /** The generation that the apply makes; the newest one on the host is the one before. */
  readonly generation: number
  /** What was changed, in words, one line each. */
  readonly summary: readonly string[]
  /** The operations that take it back, in order. */
  readonly revert: readonly Undo[]
  /** Manifest lines that belong to no change. */
  readonly records: readonly string[]
  /** The whole manifest in few lines, before the first change: when the log has grown long. */
  readonly rewrite?: string
  /** The whole manifest behind the last change: after a rollback it is the one of that time. */
  readonly outcome?: string
  /** The hosts that this one remembers, when that changes. */
  readonly members?: readonly Member[]
  /** What earlier runs left pending and this one may leave pending: a rollback carries out its own restarts only. */
  readonly leaves?: readonly PendingNotification[]
  /** Holds the host behind the last change (a line that begins with the catalog's digest), or ends that. */
  readonly hold?: string | 'release'
}

/** What is planned for one host. */
export type HostPlan =
  | {
      readonly host: string
      readonly status: 'planned'
      /** In the order in which they are applied; empty when the host is as it should be. */
      readonly changes: readonly Change[]
      readonly facts: Facts
      /** What the apply leaves on the host besides its changes; absent when there are none. */
      readonly bookkeeping?: Bookkeeping
      /** What a rollback undoes: after it, none of these is needed any more. */
      readonly undoes?: readonly Undo[]
      /** Why this host disrupts a group; empty when it does not. */
      readonly disrupts: readonly Disruption[]
      /** Things to know that change nothing, such as `ownership is left alone: not root`. */
      readonly notes: readonly string[]
    }
  /** A rollback holds the host, by whom and since when: nothing is planned for it until its spec changes. */
  | { readonly host: string; readonly status: 'held'; readonly held: string; readonly facts: Facts }
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

/** What a plan is for; after the apply each host is planned with the same intent once more, to verify it. */
export const Intent = Type.Union([
  Type.Object({
    kind: Type.Literal('apply'),
    prune: Type.Boolean({ description: 'Whether what was removed from the spec is removed from the hosts.' }),
    release: Type.Boolean({
      description: 'Whether hosts that a rollback holds are planned as if it did not.',
    }),
  }),
  Type.Object({
    kind: Type.Literal('rollback'),
    to: Type.Optional(
      describe(Count, 'The generation that the hosts return to; the one before the last if absent.'),
    ),
  }),
])
export type Intent = Data<typeof Intent>

/** The whole plan. Apply performs these changes, wave after wave, and nothing else. */
export interface Plan {
  readonly cluster: string
  readonly intent: Intent
  readonly hosts: readonly HostPlan[]
  readonly waves: readonly Wave[]
  /** Hosts that the cluster had and that are no longer in the spec. */
  readonly departed: readonly Member[]
  /** What a person should say yes to before it is applied, one sentence each: large prunes, members that stop. */
  readonly consents: readonly string[]
}

/** A change of which only the host knows whether it is needed. */
export interface PortableChange extends Change {
  /** Notifications that it carries out as well, if it is made. */
  readonly absorbs: readonly Owed[]
  /** Where the first content of its path is kept, below the cluster's state directory. */
  readonly original?: string
}

/** Everything that a host's catalog may need, for a program that carries it out without a controller. */
export interface PortablePlan {
  readonly changes: readonly PortableChange[]
  /** What is recorded of each resource; of a guarded one only if something of it was done. */
  readonly made: readonly { readonly entry: Made; readonly isGuarded: boolean }[]
  /** What is asked before the first change, so that it can be undone. */
  readonly probes: readonly Probe[]
  /** Stands for the catalog: a host that a rollback holds for it is left alone. */
  readonly digest: string
  readonly members: readonly Member[]
}

/** Whether a host of the plan could not be planned. */
export function hasFailed(plan: Plan): boolean {
  return plan.hosts.some(({ status }) => status === 'failed')
}

import { Type } from 'typebox'
import type { ConvergeError } from './errors.ts'
import type { Facts, PathFact, PendingNotification, Probe } from './facts.ts'
import type { Made, Member, Undo } from './manifest.ts'
import { Operation } from './operation.ts'
import type { Disruption } from './relations.ts'
import { Guard } from './resource.ts'
import { ResourceId } from './resource-id.ts'
import { Count, closed, type Data, describe, list, text } from './schema.ts'

/** The state carries the content as well where the dry run shows a diff. */
const Expectation = closed(
  'What the plan saw at a path. Apply checks it again under the lock before it begins.',
  {
    path: text('The path.'),
    state: Type.Unsafe<PathFact>(
      Type.Object(
        { type: text('`absent`, `file`, `directory`, `link` or `other`.') },
        { description: 'What was there: its type, and mode, owner and checksum if it has them.' },
      ),
    ),
  },
)
export type Expectation = Data<typeof Expectation>

const FileTexts = closed('The text before and after; absent if there is no file.', {
  before: Type.Optional(text('Text before.')),
  after: Type.Optional(text('Text after.')),
})
export type FileTexts = Data<typeof FileTexts>

const Omission = Type.Enum(['sensitive', 'binary', 'too large', 'the kept content is gone or damaged'], {
  description: 'Why the text is not shown.',
})
export type Omission = Data<typeof Omission>

const path = text('The file.')
const FileDiff = Type.Union(
  [closed('Texts.', { path, shown: FileTexts }), closed('No texts.', { path, omitted: Omission })],
  { description: "How a file's text changes, or why that is not shown." },
)
export type FileDiff = Data<typeof FileDiff>

export const Owed = closed(
  'A notification: in the journal from before its change until it was carried out.',
  {
    resource: describe(ResourceId, 'The resource that is notified.'),
    // systemd owes a reload like a notification, so that no kill in between loses it.
    action: Type.Enum(['restart', 'reload', 'start', 'stop', 'run', 'daemon-reload'], {
      description: 'What the resource is asked to do, or that systemd has to read its files again for it.',
    }),
  },
)
export type Owed = Data<typeof Owed>

const Kept = closed('Content that is kept before a change.', {
  path: text('Where it is.'),
  kept: text("Where it is kept: a file below the cluster's state directory."),
  staysInPlace: Type.Optional(
    Type.Boolean({ description: 'The change leaves the file where it is, and it may be written to later.' }),
  ),
})
export type Kept = Data<typeof Kept>

/** A change but for its operation. */
export const changeFields = {
  resource: describe(ResourceId, 'The resource that needs it, `kind[name]`.'),
  reason: text('Why it is needed, one line.'),
  diff: Type.Optional(FileDiff),
  expects: list('What must still hold when it is applied.', Expectation),
  owes: list('Notifications that the change earns.', Owed),
  settles: list('Notifications that the change carries out.', Owed),
  cause: Type.Optional(
    Type.Enum(['spec changed', 'host changed', 'spec and host changed'], {
      description:
        "What caused it, judging by the host's manifest; absent if converge has no record of the resource.",
    }),
  ),
  keeps: Type.Optional(list('Contents that are kept before it.', Kept)),
  records: Type.Optional(list('Manifest lines that are on disk before it.', text('One line.'))),
  strikes: Type.Optional(list('Manifest lines that are written after it.', text('One line.'))),
  whenOwed: Type.Optional(
    describe(Owed, 'Decided on the host: only if one of the guarded changes that owe this was done.'),
  ),
  guard: Type.Optional(
    describe(Guard, 'Decided on the host: only if all of this holds when its turn comes.'),
  ),
}

const Change = closed('One operation of the plan: what, on behalf of which resource, why.', {
  ...changeFields,
  operation: Operation,
})
export type Change = Data<typeof Change>

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

const hosts = (description: string) => list(description, text('Name of a host.'))

export const Wave = closed('Hosts that are applied at the same time.', {
  hosts: hosts('Names of hosts.'),
  gates: list(
    'Groups that the wave disrupts: it begins once enough of their other members are healthy.',
    closed('One group.', {
      group: text('Name of the group.'),
      maxUnavailable: describe(Count, 'How many members may be down at once.'),
      members: list(
        "The group's other members.",
        closed('One member.', {
          host: text('Name of the host.'),
          healthy: text('Command that exits 0 when it is healthy.'),
        }),
      ),
    }),
  ),
  // None of them waits for a free place.
  bootstrap: hosts('Hosts of the wave that start together and wait for each other.'),
})
export type Wave = Data<typeof Wave>

/** What a plan is for; after the apply each host is planned with the same intent once more, to verify it. */
export const Intent = Type.Union([
  Type.Object({
    kind: Type.Literal('apply', { description: 'An apply of the spec.' }),
    prune: Type.Boolean({ description: 'Whether what was removed from the spec is removed from the hosts.' }),
    release: Type.Boolean({
      description: 'Whether held hosts are planned as if they were not held.',
    }),
  }),
  Type.Object({
    kind: Type.Literal('rollback', { description: 'A rollback.' }),
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

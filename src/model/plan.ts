import { Type } from 'typebox'
import { Consent } from './consent.ts'
import type { ConvergeError } from './errors.ts'
import { EtcdRestore } from './etcd-restore.ts'
import type { Facts, PathFact, PendingNotification, Probe } from './facts.ts'
import type { Identity, Made, Member, Undo } from './manifest.ts'
import { Operation } from './operation.ts'
import { Regroup } from './relations.ts'
import { Guard } from './resource.ts'
import { ResourceId } from './resource-id.ts'
import { Count, closed, type Data, describe, list, optional, text } from './schema.ts'

/** The state includes the content if the dry run shows a diff. */
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

const Omission = Type.Enum(['sensitive', 'binary', 'too large'], {
  description: 'Why the text is not shown.',
})
export type Omission = Data<typeof Omission>

const path = text('The file.')
const FileDiff = Type.Union(
  [
    closed('Texts.', {
      path,
      shown: FileTexts,
      masked: Type.Optional(Type.Literal(true, { description: 'Words stand for the secrets in the texts.' })),
    }),
    closed('No texts.', { path, omitted: Omission }),
  ],
  { description: "How a file's text changes, or why that is not shown." },
)
export type FileDiff = Data<typeof FileDiff>

export const Owed = closed(
  'A notification: in the journal from before its change until it was carried out.',
  {
    resource: describe(ResourceId, 'The resource that is notified.'),
    // A daemon-reload is recorded like a notification, so that a kill does not lose it.
    action: Type.Enum(['restart', 'reload', 'start', 'stop', 'run', 'daemon-reload'], {
      description: 'What the resource is asked to do, or that systemd has to read its files again for it.',
    }),
  },
)
export type Owed = Data<typeof Owed>

const Kept = closed('Content that is kept before a change.', {
  path: text('Where it is.'),
  kept: text("Where it is kept: a file below the cluster's state directory."),
})
export type Kept = Data<typeof Kept>

/** A change without its operation. */
export const changeFields = {
  resource: describe(ResourceId, 'The resource that needs it, `kind[name]`.'),
  reason: text('Why it is needed, one line.'),
  diff: Type.Optional(FileDiff),
  expects: list('What must still hold when it is applied.', Expectation),
  owes: list('Notifications that the change earns.', Owed),
  settles: list('Notifications that the change carries out.', Owed),
  absorbs: Type.Optional(list('Notifications that it carries out as well, if the host makes it.', Owed)),
  cause: Type.Optional(
    Type.Enum(['spec changed', 'host changed', 'spec and host changed'], {
      description:
        "What caused it, judging by the host's manifest; absent if converge has no record of the resource.",
    }),
  ),
  takesAlong: Type.Optional(
    list('Units that systemd stops or restarts with it, as far as they run.', text('Name of the unit.')),
  ),
  keeps: Type.Optional(list('Contents that are kept before it.', Kept)),
  records: Type.Optional(list('Manifest lines that are on disk before it.', text('One line.'))),
  strikes: Type.Optional(list('Manifest lines that are written after it.', text('One line.'))),
  regroups: Type.Optional(Regroup),
  consent: Type.Optional(Consent),
  whenOwed: optional(Owed, 'Decided on the host: only if one of the guarded changes that owe this was done.'),
  guard: optional(Guard, 'Decided on the host: only if all of this holds when its turn comes.'),
}

const Change = closed('One operation of the plan: what, on behalf of which resource, why.', {
  ...changeFields,
  operation: Operation,
})
export type Change = Data<typeof Change>

/** How an apply is recorded on its host: as a generation that can be undone, and in the manifest. */
export interface Bookkeeping {
  /** The generation that the apply makes; the newest one on the host is the one before. */
  readonly generation: number
  /** What was changed, in words, one line each. */
  readonly summary: readonly string[]
  /** The operations that undo it, in order. */
  readonly revert: readonly Undo[]
  /** The operations that this does not undo, if there are any. */
  readonly lasting?: readonly Undo[]
  /** No change alters the host: the apply is not a generation. */
  readonly isOnlyRecord?: true
  /** Manifest lines that belong to no change. */
  readonly records: readonly string[]
  /** The whole manifest, to rewrite a long log before the first change. */
  readonly rewrite?: string
  /** The whole manifest after the last change: after a rollback it is the old one. */
  readonly outcome?: string
  /** What this host remembers as its own names and places, when that changes. */
  readonly identities?: readonly Identity[]
  /** The hosts that this one remembers, when that changes. */
  readonly members?: readonly Member[]
  /** What earlier runs left pending and this one keeps pending: a rollback carries out only its own restarts, `--only` what it selects. */
  readonly leaves?: readonly PendingNotification[]
  /** Holds the host after the last change (a line that starts with the catalog's digest), or releases it. */
  readonly hold?: string | 'release'
}

/** What is planned for one host. */
export type HostPlan =
  | PlannedHost
  /** Held by a rollback, by whom and since when: nothing is planned until its spec changes. */
  | { readonly host: string; readonly status: 'held'; readonly held: string; readonly facts: Facts }
  | { readonly host: string; readonly status: 'failed'; readonly error: ConvergeError }

export interface PlannedHost {
  readonly host: string
  readonly status: 'planned'
  /** In the order in which they are applied; empty if the host is converged. */
  readonly changes: readonly Change[]
  readonly facts: Facts
  /** How the apply is recorded; absent if there are no changes. */
  readonly bookkeeping?: Bookkeeping
  /** What a rollback undoes: none of these is needed after it. */
  readonly undoes?: readonly Undo[]
  /** What a rollback leaves as it is, in words. */
  readonly lasting?: readonly string[]
  /** The groups that the changes disrupt. */
  readonly disrupts: readonly string[]
  /** Notes such as `kept /srv/app: file[/srv/app/a] is in it`. */
  readonly notes: readonly string[]
  /** What `--only` leaves out. */
  readonly leftOut?: LeftOut
}

const hosts = (description: string) => list(description, text('Name of a host.'))

export const Wave = closed('Hosts that are applied at the same time.', {
  name: Type.Optional(text('`canary`, or `batch 2`; absent without a pace.')),
  hosts: hosts('Names of hosts.'),
  gates: list(
    'Groups that the wave disrupts: it begins once enough of their other members are healthy.',
    closed('One group.', {
      group: text('Name of the group.'),
      maxUnavailable: describe(Count, 'How many members may be down at once.'),
      within: Type.Optional(text('Label of which all members that go down at once have the same value.')),
      domain: Type.Optional(text('The value that they have; none of another value may be down then.')),
      timeoutSeconds: describe(
        Count,
        'How long converge waits until enough of them are healthy, in seconds.',
      ),
      members: list(
        "The group's other members.",
        closed('One member.', {
          host: text('Name of the host.'),
          unit: text('Its unit.'),
          healthy: text('Command that exits 0 when it is healthy.'),
          domain: Type.Optional(text('Its value of that label.')),
        }),
      ),
    }),
  ),
  // The limit of `--parallel` does not apply to these.
  bootstrap: hosts('Hosts of the wave that start together and wait for each other.'),
})
export type Wave = Data<typeof Wave>

/** What `--only` selects: `file[/etc/nginx/*]`, `recipe:nginx`, `role:web`. */
export const Only = list(
  'The resources that --only selects; absent if it is all of them.',
  text('A pattern.'),
)
export type Only = Data<typeof Only>

/** What `--only` leaves out on a host. */
export const LeftOut = closed('What --only leaves out on the host.', {
  resources: describe(Count, 'How many resources, with those to be pruned.'),
  differ: list('Which of them differ from the spec, or are to be pruned.', text('One resource.')),
})
export type LeftOut = Data<typeof LeftOut>

export const Pace = closed('How an apply goes over the hosts.', {
  canary: Type.Optional(hosts('Names of hosts that go first, before all others.')),
  batch: Type.Optional(
    list(
      'How many of the others go at once, one batch after the other; the last number is that of all further ones.',
      Type.Union([
        describe(Count, 'So many hosts.'),
        Type.String({
          pattern: '^(100|[1-9][0-9]?)%$',
          description: 'So many of them in a hundred, rounded up.',
        }),
      ]),
    ),
  ),
})
export type Pace = Data<typeof Pace>

/** What a plan is for; each host is planned again with the same intent to verify the apply. */
export const Intent = Type.Union([
  Type.Object({
    kind: Type.Literal('apply', { description: 'An apply of the spec.' }),
    prune: Type.Boolean({ description: 'Whether what was removed from the spec is removed from the hosts.' }),
    release: Type.Boolean({ description: 'Whether held hosts are planned as if they were not held.' }),
    only: Type.Optional(Only),
    pace: Type.Optional(Pace),
    restore: Type.Optional(EtcdRestore),
  }),
  Type.Object({
    kind: Type.Literal('rollback', { description: 'A rollback.' }),
    to: optional(Count, 'The generation that the hosts return to; the one before the last if absent.'),
  }),
])
export type Intent = Data<typeof Intent>

/** The whole plan. Apply performs these changes, wave after wave, and nothing else. */
export interface Plan {
  readonly cluster: string
  readonly intent: Intent
  readonly hosts: readonly HostPlan[]
  readonly waves: readonly Wave[]
  /** By host, where it is another one than its name: its address. */
  readonly addresses?: Readonly<Record<string, string>>
  /** Hosts of the cluster that were removed from the spec. */
  readonly departed: readonly Member[]
  /** What needs more than a yes. */
  readonly consents: readonly Consent[]
}

/** A change for which only the host knows whether it is needed. */
export interface PortableChange extends Change {
  /** Where the original content of its path is kept, below the cluster's state directory. */
  readonly original?: string
}

/** All changes that a host's catalog may need, for a portable program. */
export interface PortablePlan {
  readonly changes: readonly PortableChange[]
  /** The record of each resource; a guarded one is recorded only if it was changed. */
  readonly made: readonly { readonly entry: Made; readonly isGuarded: boolean }[]
  /** Probes before the first change, for its undo. */
  readonly probes: readonly Probe[]
  /** Digest of the catalog: a host that is held for it is skipped. */
  readonly digest: string
  readonly identity: Identity
  readonly members: readonly Member[]
}

export function hasFailed(plan: Plan): boolean {
  return plan.hosts.some(({ status }) => status === 'failed')
}

/** A change that nothing notifies and that notifies nothing. */
export function plainChange(change: Pick<Change, 'resource' | 'operation' | 'reason'>): Change {
  return { ...change, expects: [], owes: [], settles: [] }
}

import { type TSchema, Type } from 'typebox'
import { Consent } from './consent.ts'
import type { ConvergeError } from './errors.ts'
import type { Facts, PathFact } from './facts.ts'
import { OperationOutline } from './operation-outline.ts'
import { changeFields, type HostPlan, Intent, LeftOut, type Plan, Wave } from './plan.ts'
import type { Platform } from './platform.ts'
import { Checksum, closed, type Data, describe, list, mapOf, optional, Text, text } from './schema.ts'

/** A schema for each member of a type: the compiler reports missing and unknown ones. */
type Fields<T> = { readonly [Key in keyof Required<T>]: TSchema }

type Planned = Extract<HostPlan, { status: 'planned' }>
type Held = Extract<HostPlan, { status: 'held' }>
type Failed = Extract<HostPlan, { status: 'failed' }>

const PlanSource = closed('From which spec it was made: what a person needs to make the same one again.', {
  file: text("The spec's file as it was named."),
  environment: Type.Optional(text('Environment from the command line.')),
  set: list(
    'What --set gave a value.',
    closed('One assignment.', {
      path: text('The path.'),
      value: optional(Text, 'Absent if the value ends up in something sensitive.'),
    }),
  ),
  packages: optional(mapOf(Text), 'By name, the versions of the packages that its recipes are from.'),
  git: Type.Optional(
    closed('State of the repository that the spec is in.', {
      commit: text('The commit.'),
      dirty: Type.Boolean({ description: 'Whether there were uncommitted changes.' }),
    }),
  ),
})
export type PlanSource = Data<typeof PlanSource>

const SealedCatalog = closed('What the spec asked of the host.', {
  place: text('Where it is reached: address, port and jump hosts, or its directory.'),
  platform: open<Platform>('Its platform as declared.'),
  digest: text('Over all its resources and their order.'),
  resources: describe(mapOf(Text), 'A digest per resource, to name those that differ.'),
})
export type SealedCatalog = Data<typeof SealedCatalog>

/** What was seen at a path, and never what was in a file. */
const Seen = Type.Unsafe<PathFact>({
  type: 'object',
  description: 'What was seen there: its type, and mode, owner and checksum if it has them.',
  required: ['type'],
  properties: { type: text('`absent`, `file`, `directory`, `link` or `other`.') },
  not: { required: ['content'] },
})

const SealedChange = closed('One operation, its content identified.', {
  ...changeFields,
  operation: OperationOutline,
  expects: list(
    'What must still hold when it is applied.',
    closed('One path.', { path: text('The path.'), state: Seen }),
  ),
})
export type SealedChange = Data<typeof SealedChange>

const host = text('Name of the host.')
const facts = Type.Unsafe<Facts>({
  type: 'object',
  description: 'The observed state that the changes rest on, without contents of files.',
  required: ['platform', 'paths', 'units', 'pending', 'journal'],
  properties: {
    platform: open('Operating system, architecture, init, user id.'),
    paths: { type: 'object', description: 'What was seen at each path.', additionalProperties: Seen },
    units: open('What systemd said of each unit.'),
    pending: list('Notifications that were owed.', Type.Unknown()),
    journal: text("The journal's text."),
    state: open('Manifests, generation and hold.'),
  },
})

type SealedPlanned = Omit<Planned, 'changes'> & {
  readonly changes: readonly SealedChange[]
  readonly catalog: SealedCatalog
}
type SealedFailed = Omit<Failed, 'error'> & {
  readonly error: Pick<ConvergeError, 'code' | 'step' | 'message'> & { readonly remedy?: string }
}
export type SealedHost = SealedPlanned | (Held & { readonly catalog: SealedCatalog }) | SealedFailed

const planned = {
  host,
  status: Type.Literal('planned', { description: 'The host answered.' }),
  changes: list('In the order in which they are applied.', SealedChange),
  facts,
  bookkeeping: optional(
    open(''),
    'How the apply is recorded on the host: generation, manifest lines, what undoes it.',
  ),
  undoes: Type.Optional(list('What a rollback undoes.', Type.Unknown())),
  lasting: Type.Optional(list('What a rollback leaves as it is.', text('An operation, in words.'))),
  disrupts: list('Groups that the changes disrupt.', text('Name of the group.')),
  notes: list('Things to know that change nothing.', text('One note.')),
  leftOut: Type.Optional(LeftOut),
  catalog: SealedCatalog,
} satisfies Fields<SealedPlanned>

const held = {
  host,
  status: Type.Literal('held', { description: 'Left alone until its spec changes.' }),
  held: text('Who holds it, and since when.'),
  facts,
  catalog: SealedCatalog,
} satisfies Fields<Held & { readonly catalog: SealedCatalog }>

const failed = {
  host,
  status: Type.Literal('failed', { description: 'The host could not be planned.' }),
  error: closed('Why.', {
    code: text('A stable word.'),
    step: text('What was being done.'),
    message: text('What went wrong.'),
    remedy: Type.Optional(text('What to do about it.')),
  } satisfies Fields<SealedFailed['error']>),
} satisfies Fields<SealedFailed>

const Concealed = closed('What is needed to read the digests of hosts with something sensitive.', {
  key: text('Distinguishes the key with which they are concealed.'),
  hosts: list('The hosts whose digests are concealed.', text('Name of the host.')),
})

/** A plan for later: it is applied exactly, or not at all. */
export interface SealedPlan extends Omit<Plan, 'hosts'> {
  readonly kind: 'converge-sealed-plan'
  readonly formatVersion: 4
  readonly source: PlanSource
  readonly hosts: readonly SealedHost[]
  readonly concealed?: Data<typeof Concealed>
  /** Detects accidents, not forgery: it can be computed again after an edit. */
  readonly digest: string
}

export const SealedPlan = Type.Unsafe<SealedPlan>(
  Type.Object(
    {
      kind: Type.Literal('converge-sealed-plan', { description: 'What this is.' }),
      formatVersion: Type.Literal(4, { description: 'Version of this format.' }),
      cluster: text('Name of the cluster.'),
      intent: describe(Intent, 'What the plan is for.'),
      source: PlanSource,
      hosts: list(
        'The hosts in the order of the spec.',
        Type.Union([
          closed('A host that answered.', planned),
          closed('A host that a rollback holds.', held),
          closed('A host that could not be planned.', failed),
        ]),
      ),
      waves: list('Which hosts are applied together, in order.', Wave),
      addresses: optional(mapOf(Text), 'By host, where it is another one than its name: its address.'),
      departed: list(
        'Hosts that the cluster had and that are no longer in the spec.',
        open('One host, and how it is reached.'),
      ),
      consents: list('What a person should say yes to.', Consent),
      concealed: Type.Optional(Concealed),
      digest: describe(Checksum, 'SHA-256 over everything else as JSON with sorted keys.'),
    } satisfies Fields<SealedPlan>,
    {
      title: 'Sealed plan',
      description:
        'Written by `converge plan --out FILE` (mode 0600) for `converge apply FILE`, which does exactly that or refuses with what differs. It has no contents of files but the diffs of what is not sensitive. Where a host has anything sensitive, all its digests are concealed with a key of the operator. The digest detects accidents, it is not a signature: keep the file as safe as the spec.',
      additionalProperties: false,
    },
  ),
)

/** An object whose members are not part of the documented format. */
function open<T = object>(description: string) {
  return Type.Unsafe<T>({ type: 'object', description })
}

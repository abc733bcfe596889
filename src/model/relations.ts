import { type TSchema, Type } from 'typebox'
import { ResourceId } from './resource-id.ts'
import {
  closed,
  type Data,
  describe,
  FilledText,
  HostPath,
  list,
  optional,
  ShellCommand,
  text,
} from './schema.ts'

/** What a resource can be notified to do, in order: a restart absorbs the reload after it. `run` is for commands. */
export const notificationActions = ['run', 'start', 'stop', 'restart', 'reload'] as const

export type NotificationAction = (typeof notificationActions)[number]

const Timing = Type.Enum(['delayed', 'immediate'], {
  description:
    "delayed or immediate; delayed (the default) is once, at the end of the host's run, immediate is right after the change",
})

export type Timing = Data<typeof Timing>

/** A change of who is a member of a group. */
export const Regroup = closed(
  'It changes who is a member of a group: no other host of the group is at work then.',
  {
    group: text('Name of the group.'),
    turn: Type.Enum(['first', 'move', 'finish', 'join', 'last'], {
      description:
        '`first`: before others join, as a dead member is removed; `move`: a member has another peer URL; `finish`: a member that is known, and has not started or has lost its data; `join`: a new member; `last`: after that.',
    }),
  },
)
export type Regroup = Data<typeof Regroup>

/** How starts, restarts and stops of a resource are spread over the hosts. */
const Disruption = Type.Object(
  {
    group: describe(FilledText, 'the name of a group; hosts with the same group wait for each other'),
    maxUnavailable: Type.Union(
      [
        Type.Integer({ minimum: 1 }),
        Type.String({ pattern: '^(100|[1-9][0-9]?)%$' }),
        Type.Literal('quorum'),
      ],
      {
        description:
          'a whole number from 1, a percentage such as "25%", or quorum; how many may be down at once, quorum keeps a majority up',
      },
    ),
    failureDomain: Type.Optional(
      Type.String({
        pattern: '^label:[^\\s:]+$',
        description:
          'a label of the hosts, such as label:zone; none goes down while one with another value of it is down',
      }),
    ),
    healthy: describe(
      ShellCommand,
      'a shell command; it only reads, and exits 0 when this member is healthy',
    ),
    healthyTimeoutSeconds: Type.Integer({
      minimum: 1,
      description: 'a whole number of seconds from 1; how long a member may take to become healthy',
    }),
    data: optional(
      HostPath,
      'an absolute path without `..`; it exists once this member holds data; if it exists on no member, all members start at once',
    ),
  },
  { description: 'a map; how starts, restarts and stops of this resource are spread over the hosts' },
)

export type Disruption = Data<typeof Disruption>

/** The relations that every resource may have. `ref` is the schema of the other resource. */
function relationsTo<Ref extends TSchema>(ref: Ref) {
  const refs = (meaning: string) =>
    Type.Optional(list(`a list of resources of the same host; ${meaning}`, ref))
  return Type.Object({
    after: refs('they come before this one'),
    notifies: Type.Optional(
      list(
        'a list of notifications; which resources to notify when this one changes',
        Type.Object({
          resource: ref,
          action: Type.Enum([...notificationActions], {
            description: `${notificationActions.join(', ')}; what it is asked to do, run is for commands`,
          }),
          timing: Type.Optional(Timing),
        }),
      ),
    ),
    restartOn: refs('a change of one of them restarts this one'),
    reloadOn: refs('a change of one of them reloads this one'),
    onlyIf: optional(
      ShellCommand,
      'a shell command; it only reads, and this resource is left alone unless it exits 0',
    ),
    unless: optional(
      ShellCommand,
      'a shell command; it only reads, and this resource is left alone if it exits 0',
    ),
    disruption: Type.Optional(Disruption),
  })
}

/** What only a spec says of a resource: whether it is declared, and for which items. Recipes have code for that. */
export const specOnly = {
  when: Type.Boolean({
    description:
      'true or false; the resource is declared only if it is true, such as "{{eq environment "live"}}"',
  }),
  forEach: Type.Unsafe<object>({
    type: ['array', 'object'],
    description:
      'a list or a map; the resource is declared for each of its elements, which expressions in it know as item, with its index or key as key',
  }),
}

/** Relations in a spec, by identity. */
export const DeclaredRelations = relationsTo(ResourceId)

/** The other end of a relation: a resource, or its identity. */
const ResourceRef = describe(
  Type.Union([ResourceId, Type.Object({ id: ResourceId }, { additionalProperties: true })]),
  'a resource, or the identity of one such as unit[etcd.service]',
)

export type ResourceRef = Data<typeof ResourceRef>

/** Relations in a recipe, by resource or identity. */
export const Relations = relationsTo(ResourceRef)

export type Relations = Data<typeof Relations>

import type { JsonSchema } from '../../model/recipe.ts'

const identity = (description: string): JsonSchema => ({
  type: 'string',
  pattern: '^[a-z][a-z0-9-]*\\[.+\\]$',
  description: `${description} As kind[name], such as unit[etcd.service].`,
})

const identities = (description: string): JsonSchema => ({
  type: 'array',
  items: identity('A resource of the same host.'),
  description,
})

const command = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description })

/** The properties that every entry under `resources:` may have besides those of its kind; see `Relations`. */
const relationProperties: { readonly [name: string]: JsonSchema } = {
  after: identities('Resources that must be made true before this one.'),
  notifies: {
    type: 'array',
    description: 'Resources that are asked to act when this one changes.',
    items: {
      type: 'object',
      properties: {
        resource: identity('The resource that is asked to act.'),
        action: {
          enum: ['restart', 'reload', 'start', 'stop', 'run'],
          description: 'What it is asked to do; run is for commands.',
        },
        timing: {
          enum: ['delayed', 'immediate'],
          description:
            "delayed (the default): once, at the end of the host's run; immediate: right after the change.",
        },
      },
      required: ['resource', 'action'],
      additionalProperties: false,
    },
  },
  restartOn: identities('Resources whose change restarts this one.'),
  reloadOn: identities('Resources whose change reloads this one.'),
  onlyIf: command('Read-only shell command; this resource is left alone unless it exits 0.'),
  unless: command('Read-only shell command; this resource is left alone if it exits 0.'),
  disruption: {
    type: 'object',
    description: 'How disrupting this resource is spread over the hosts.',
    properties: {
      group: { type: 'string', minLength: 1, description: 'Hosts with the same group wait for each other.' },
      maxUnavailable: {
        anyOf: [{ type: 'integer', minimum: 1 }, { const: 'quorum' }],
        description: 'How many may be down at once; quorum leaves a majority standing.',
      },
      healthy: command('Read-only shell command that exits 0 when this member is healthy.'),
      healthyTimeoutSeconds: {
        type: 'integer',
        minimum: 1,
        description: 'How long a member may take until it is healthy.',
      },
      data: {
        type: 'string',
        pattern: '^/',
        description: 'A path that exists once this member holds data.',
      },
    },
    required: ['group', 'maxUnavailable', 'healthy', 'healthyTimeoutSeconds'],
    additionalProperties: false,
  },
}

/** The schema of an entry of a kind under `resources:`: the kind's own properties and the relations. */
export function declarationSchema(schema: JsonSchema): JsonSchema {
  return {
    ...schema,
    type: 'object',
    properties: { ...asProperties(schema.properties), ...relationProperties },
    additionalProperties: false,
  }
}

function asProperties(properties: unknown): object {
  return typeof properties === 'object' && properties !== null ? properties : {}
}

import { Type } from 'typebox'
import { ShellCommand, Text } from '../model/schema.ts'
import { revealed, secretsIn } from '../model/secret.ts'
import { defineResource } from './define/define-resource.ts'
import { accountProbes } from './define/ownership.ts'
import { KnownAccount, NormalPath, secretText, used, yesOrNo } from './define/schema-types.ts'

const CommandSchema = Type.Object({
  name: Type.String({ pattern: '^[^\\n\\u0000]+$', description: 'one line of text; what it does' }),
  command: used('for /bin/sh; its words are in lists of processes, which every user can read', ShellCommand),
  cwd: Type.Optional(used('where it runs', NormalPath)),
  user: Type.Optional(used('who it runs as', KnownAccount)),
  environment: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
      secretText({ ...Text, description: 'text' }),
      {
        additionalProperties: false,
        description:
          'a map of environment variables, whose names consist of letters, digits and underscores; no list of processes and no plan shows them, so secrets belong here',
      },
    ),
  ),
  timeoutSeconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'a whole number of seconds from 1; then it is stopped and has failed',
    }),
  ),
  creates: Type.Optional(used('it does not run once this exists', NormalPath)),
  live: yesOrNo('true leaves it out in a root tree: it changes what runs'),
  sensitive: yesOrNo('true keeps its output and its environment out of messages and plans'),
})

/** A shell command. It runs if `creates` does not exist or a guard allows it; with neither only when notified. */
export const { resource: command, kind: commandKind } = defineResource({
  kind: 'command',
  schema: CommandSchema,
  defaults: { timeoutSeconds: 300 },
  name: ({ name }) => name,
  behave(desired, { relations }) {
    const { name: _, creates, environment = {}, live, ...run } = desired
    const isSensitive =
      desired.sensitive === true || secretsIn(environment).some(({ secret }) => secret.isPrivate)
    const variables = Object.fromEntries(
      Object.entries(environment).map(([variable, value]) => [variable, revealed(value)]),
    )
    const operation = {
      op: 'run',
      ...run,
      ...(desired.environment !== undefined && { environment: variables }),
      ...(isSensitive && { sensitive: true }),
      ...(live === true && { live }),
    } as const
    const isGuarded = relations.onlyIf !== undefined || relations.unless !== undefined
    return {
      claims: [],
      isSensitive,
      follows: () => [
        ...(desired.user === undefined ? [] : [{ kind: 'user', key: desired.user } as const]),
        ...(desired.cwd === undefined ? [] : [{ kind: 'path', key: desired.cwd } as const]),
      ],
      probes: [
        ...accountProbes(desired.user),
        ...(creates === undefined ? [] : [{ probe: 'path', path: creates } as const]),
      ],
      actions: ['run'],
      dormant: creates === undefined && !isGuarded,
      steps({ platform }, trigger) {
        if (live === true && platform.rooted) return []
        if (trigger !== undefined) return [{ operation, reason: 'was notified' }]
        if (creates !== undefined)
          return [{ operation, reason: `${creates} does not exist`, guard: { absent: creates } }]
        return isGuarded ? [{ operation, reason: 'its guard allows it' }] : []
      },
    }
  },
})

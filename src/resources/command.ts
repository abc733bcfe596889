import { Type } from 'typebox'
import { defineResource } from './define/define-resource.ts'
import { AbsolutePath, AccountName, ShellCommand } from './define/schema-types.ts'

const CommandSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[^\\n\\u0000]+$', description: 'what it does, in one line' }),
    command: ShellCommand,
    cwd: Type.Optional(AbsolutePath),
    user: Type.Optional(AccountName),
    environment: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
        Type.String({ pattern: '^[^\\u0000]*$' }),
        {
          additionalProperties: false,
          description: 'a map of environment variables',
        },
      ),
    ),
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, description: 'a number of seconds from 1' })),
    creates: Type.Optional(AbsolutePath),
  },
  { additionalProperties: false },
)

/**
 * A shell command. What decides whether it runs is `creates` (not once that path exists) or a guard (`onlyIf`,
 * `unless`); with neither it runs only when it is notified.
 */
export const { resource: command, kind: commandKind } = defineResource({
  kind: 'command',
  schema: CommandSchema,
  defaults: { timeoutSeconds: 300 },
  name: ({ name }) => name,
  behave(desired, { relations }) {
    const { name: _, creates, ...run } = desired
    const operation = { op: 'run', ...run } as const
    const isGuarded = relations.onlyIf !== undefined || relations.unless !== undefined
    return {
      claims: [],
      follows: () => [
        ...(desired.user === undefined ? [] : [{ kind: 'user', key: desired.user } as const]),
        ...(desired.cwd === undefined ? [] : [{ kind: 'path', key: desired.cwd } as const]),
      ],
      probes: creates === undefined ? [] : [{ probe: 'path', path: creates }],
      actions: ['run'],
      dormant: creates === undefined && !isGuarded,
      steps(_facts, trigger) {
        if (trigger !== undefined) return [{ operation, reason: 'was notified' }]
        if (creates !== undefined)
          return [{ operation, reason: `${creates} does not exist`, guard: { absent: creates } }]
        return isGuarded ? [{ operation, reason: 'its guard lets it run' }] : []
      },
    }
  },
})

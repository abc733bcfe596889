import { Type } from 'typebox'
import type { Relations } from '../../model/resource.ts'
import { checkInput } from './check-input.ts'
import { ShellCommand } from './schema-types.ts'

// A resource value holds functions, which no schema describes: compile tells a resource from any other object.
const Ref = Type.Union([Type.String(), Type.Object({ id: Type.String() })], {
  description: 'a resource, or the identity of one such as "file[/etc/motd]"',
})

const RelationsSchema = Type.Object(
  {
    after: Type.Optional(Type.Array(Ref)),
    notifies: Type.Optional(
      Type.Array(
        Type.Object(
          {
            resource: Ref,
            action: Type.Enum(['restart', 'reload', 'start', 'stop', 'run']),
            timing: Type.Optional(Type.Enum(['delayed', 'immediate'])),
          },
          { additionalProperties: false },
        ),
      ),
    ),
    restartOn: Type.Optional(Type.Array(Ref)),
    reloadOn: Type.Optional(Type.Array(Ref)),
    onlyIf: Type.Optional(ShellCommand),
    unless: Type.Optional(ShellCommand),
    disruption: Type.Optional(
      Type.Object(
        {
          group: Type.String({ minLength: 1 }),
          maxUnavailable: Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('quorum')], {
            description: 'a number of hosts from 1, or "quorum"',
          }),
          healthy: ShellCommand,
          healthyTimeoutSeconds: Type.Integer({ minimum: 1 }),
          data: Type.Optional(Type.String({ pattern: '^/' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

const RELATION_NAMES: ReadonlySet<string> = new Set(Object.keys(RelationsSchema.properties))

const checkRelations = checkInput<Relations>('relations', RelationsSchema)

/** Parts what a kind declares from the relations that every resource may have; a property set to undefined is absent. */
export function splitRelations(input: object): { readonly own: object; readonly relations: Relations } {
  // Most resources have none, and a cluster may have a million resources.
  const hasRelations = Object.keys(input).some((name) => RELATION_NAMES.has(name))
  if (!hasRelations && !Object.values(input).includes(undefined)) {
    return { own: input, relations: NO_RELATIONS }
  }
  const declared = Object.entries(input).filter(([, value]) => value !== undefined)
  return {
    own: Object.fromEntries(declared.filter(([name]) => !RELATION_NAMES.has(name))),
    relations: checkRelations(Object.fromEntries(declared.filter(([name]) => RELATION_NAMES.has(name)))),
  }
}

const NO_RELATIONS: Relations = Object.freeze({})

import { Type } from 'typebox'
import { given } from '../model/given.ts'
import { defineResource } from './define/define-resource.ts'
import { groupFact } from './define/facts-of.ts'
import { AccountName } from './define/schema-types.ts'

const GroupSchema = Type.Object({
  name: AccountName,
  gid: Type.Optional(
    Type.Integer({ minimum: 0, description: 'a whole number from 0; the number of the group' }),
  ),
  system: Type.Optional(
    Type.Boolean({
      description: 'true or false; true gives a new account a number from the range for services',
    }),
  ),
  prune: Type.Optional(
    Type.Boolean({
      description:
        'true or false; true removes the group when it is removed from the spec, if converge created it',
    }),
  ),
})

/** A group; its number is compared only if declared. */
export const { resource: group, kind: groupKind } = defineResource({
  kind: 'group',
  schema: GroupSchema,
  defaults: { system: false },
  name: ({ name }) => name,
  behave: ({ name, gid, system, prune }) => ({
    claims: [{ kind: 'group', key: name }],
    probes: [{ probe: 'group', name }],
    steps(facts) {
      const found = groupFact(facts, name)
      const operation = {
        op: 'group',
        name,
        system,
        ...given({ gid, prune }),
      } as const
      if (found === null) return [{ operation, reason: 'will be created' }]
      if (gid === undefined || found.gid === gid) return []
      return [{ operation, reason: `gid will change from ${found.gid} to ${gid}` }]
    },
  }),
})

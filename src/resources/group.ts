import { Type } from 'typebox'
import { given } from '../model/given.ts'
import { wholeNumber } from '../model/schema.ts'
import { defineResource } from './define/define-resource.ts'
import { groupFact } from './define/facts-of.ts'
import { AccountName, absent, accountFlags } from './define/schema-types.ts'

const GroupSchema = Type.Object({
  name: AccountName,
  absent,
  gid: Type.Optional(wholeNumber(0, 'the number of the group')),
  ...accountFlags('group'),
})

/** A group; its number is compared only if declared. */
export const { resource: group, kind: groupKind } = defineResource({
  kind: 'group',
  schema: GroupSchema,
  defaults: { system: false },
  name: ({ name }) => name,
  absent: {
    allows: [],
    behave: ({ name }) => ({
      claims: [{ kind: 'group', key: name }],
      probes: [{ probe: 'group', name }],
      steps: (facts) =>
        facts.isUnknown === true || groupFact(facts, name) !== null
          ? [{ operation: { op: 'remove-group', name }, reason: 'will be removed' }]
          : [],
    }),
  },
  behave: ({ name, gid, system, prune }) => ({
    claims: [{ kind: 'group', key: name }],
    probes: [
      { probe: 'group', name },
      ...(gid === undefined ? [] : [{ probe: 'group', name: String(gid) } as const]),
    ],
    steps(facts) {
      const found = groupFact(facts, name)
      const operation = { op: 'group', name, system, ...given({ gid, prune }) } as const
      if (found === null) return [{ operation, reason: 'will be created' }]
      if (gid === undefined || found.gid === gid) return []
      return [{ operation, reason: `gid will change from ${found.gid} to ${gid}` }]
    },
  }),
})

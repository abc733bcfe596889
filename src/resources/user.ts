import { type Static, Type } from 'typebox'
import { type UserFact, unknownId } from '../model/facts.ts'
import { given } from '../model/given.ts'
import { wholeNumber } from '../model/schema.ts'
import { defineResource } from './define/define-resource.ts'
import { userFact } from './define/facts-of.ts'
import { AccountName, accountFlags, KnownAccount, NormalPath, yesOrNo } from './define/schema-types.ts'

const UserSchema = Type.Object({
  name: AccountName,
  uid: Type.Optional(wholeNumber(0, 'the number of the user')),
  group: Type.Optional(KnownAccount),
  groups: Type.Optional(
    Type.Array(KnownAccount, {
      uniqueItems: true,
      description: 'a list of group names; all supplementary groups of the user',
    }),
  ),
  home: Type.Optional(NormalPath),
  shell: Type.Optional(NormalPath),
  comment: Type.Optional(
    Type.String({ pattern: '^[^:\\n\\u0000]*$', description: 'one line of text without a colon' }),
  ),
  ...accountFlags('user'),
  createHome: yesOrNo('true makes the home when the user is created'),
})

type DeclaredUser = Static<typeof UserSchema>

/** A user; only declared properties are compared. */
export const { resource: user, kind: userKind } = defineResource({
  kind: 'user',
  schema: UserSchema,
  defaults: { system: false, createHome: false },
  name: ({ name }) => name,
  behave(desired) {
    // Some directory services list the primary group among the supplementary ones, others do not.
    const groups = desired.groups?.filter((name) => name !== desired.group).sort()
    const wanted = { ...desired, ...given({ groups }) }
    const memberOf = [...(desired.group === undefined ? [] : [desired.group]), ...(groups ?? [])]
    return {
      claims: [{ kind: 'user', key: desired.name }],
      follows: () => memberOf.map((key) => ({ kind: 'group', key })),
      probes: [
        { probe: 'user', name: desired.name, ...given({ uid: desired.uid, home: desired.home }) },
        ...(desired.uid === undefined ? [] : [{ probe: 'user', name: String(desired.uid) } as const]),
        ...memberOf.map((name) => ({ probe: 'group', name }) as const),
      ],
      steps(facts) {
        const found = userFact(facts, desired.name)
        const changes = found === null ? ['will be created'] : differences(wanted, found)
        if (changes.length === 0) return []
        return [{ operation: { op: 'user', ...wanted }, reason: changes.join(', ') }]
      },
    }
  },
})

function differences(wanted: DeclaredUser, found: UserFact): readonly string[] {
  const compared = [
    ['uid', wanted.uid, found.uid],
    ['group', wanted.group, found.group],
    ['groups', wanted.groups?.filter((name) => name !== found.group).join(','), found.groups.join(',')],
    ['home', wanted.home, found.home],
    ['shell', wanted.shell, found.shell],
    ['comment', wanted.comment, found.comment],
  ] as const
  return compared.flatMap(([property, want, have]) =>
    want === undefined || want === have
      ? []
      : [
          have === unknownId
            ? `${property} will be set to ${want}`
            : `${property} will change from ${shown(have)} to ${shown(want)}`,
        ],
  )
}

function shown(value: string | number): string {
  return value === '' ? 'none' : String(value)
}

import { type Static, Type } from 'typebox'
import { type UserFact, unknownId } from '../model/facts.ts'
import { given } from '../model/given.ts'
import { wholeNumber } from '../model/schema.ts'
import { keysFile } from './authorized-keys.ts'
import { defineResource } from './define/define-resource.ts'
import { userFact } from './define/facts-of.ts'
import { ancestorClaims } from './define/ownership.ts'
import {
  AccountName,
  absent,
  accountFlags,
  KnownAccount,
  NormalPath,
  used,
  yesOrNo,
} from './define/schema-types.ts'

const UserSchema = Type.Object({
  name: AccountName,
  absent,
  uid: Type.Optional(wholeNumber(0, 'the number of the user')),
  group: Type.Optional(used('its primary group', KnownAccount)),
  groups: Type.Optional(
    Type.Array(KnownAccount, {
      uniqueItems: true,
      description: 'a list of group names; all supplementary groups of the user',
    }),
  ),
  home: Type.Optional(used('its home directory', NormalPath)),
  shell: Type.Optional(used('its login shell', NormalPath)),
  comment: Type.Optional(
    Type.String({ pattern: '^[^:\\n\\u0000]*$', description: 'one line of text without a colon' }),
  ),
  ...accountFlags('user'),
  createHome: yesOrNo('true makes the home when the user is created'),
  authorizedKeys: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'a list of public keys as in a .pub file, with options of sshd(8) before them; exactly these may log in as the user',
    }),
  ),
})

type DeclaredUser = Static<typeof UserSchema>

/** A user; only declared properties are compared. With `authorizedKeys` also the file that has exactly these. */
export const { resource: user, kind: userKind } = defineResource({
  kind: 'user',
  schema: UserSchema,
  defaults: { system: false, createHome: false },
  name: ({ name }) => name,
  absent: {
    allows: [],
    behave: ({ name }) => ({
      claims: [{ kind: 'user', key: name }],
      // No home is empty, so that a process that runs as the user is part of the answer.
      probes: [{ probe: 'user', name, home: '' }],
      steps: (facts) =>
        facts.isUnknown === true || userFact(facts, name) !== null
          ? [{ operation: { op: 'remove-user', name }, reason: 'will be removed; its home stays' }]
          : [],
    }),
  },
  behave({ authorizedKeys, absent: _, ...desired }, self) {
    // Some directory services list the primary group among the supplementary ones, others do not.
    const groups = desired.groups?.filter((name) => name !== desired.group).sort()
    const wanted = { ...desired, ...given({ groups }) }
    const keys = authorizedKeys && keysFile(desired, authorizedKeys, self)
    const memberOf = [...(desired.group === undefined ? [] : [desired.group]), ...(groups ?? [])]
    return {
      claims: [{ kind: 'user', key: desired.name }, ...(keys?.claims ?? [])],
      follows: () => [
        ...memberOf.map((key) => ({ kind: 'group', key }) as const),
        // What is declared at the home itself comes after its owner.
        ...(keys === undefined ? [] : ancestorClaims(keys.home)),
      ],
      probes: [
        { probe: 'user', name: desired.name, ...given({ uid: desired.uid, home: desired.home }) },
        ...(desired.uid === undefined ? [] : [{ probe: 'user', name: String(desired.uid) } as const]),
        ...memberOf.map((name) => ({ probe: 'group', name }) as const),
        ...(keys?.probes ?? []),
      ],
      steps(facts) {
        const found = userFact(facts, desired.name)
        const changes = found === null ? ['will be created'] : differences(wanted, found)
        return [
          ...(changes.length === 0
            ? []
            : [{ operation: { op: 'user', ...wanted } as const, reason: changes.join(', ') }]),
          ...(keys?.steps(facts, found === null) ?? []),
        ]
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

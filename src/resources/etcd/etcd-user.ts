import { hash } from 'node:crypto'
import { Type } from 'typebox'
import type { ObjectFact } from '../../model/cluster-object.ts'
import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { ResourceId } from '../../model/resource.ts'
import { isSecret, type Secret } from '../../model/secret.ts'
import { textContent } from '../define/content.ts'
import { defineResource, invalid, type Self } from '../define/define-resource.ts'
import { secretText } from '../define/schema-types.ts'
import { clusterObject, objectOf, objectProperties } from './cluster-object.ts'
import { etcdName } from './etcd-role.ts'

const EtcdUserSchema = Type.Object({
  ...objectProperties,
  user: etcdName('user'),
  password: Type.Optional(
    secretText({
      pattern: '^[^\\u0000]+$',
      description: 'text without blanks; without one, the user has to have a certificate',
    }),
  ),
  roles: Type.Array(etcdName('role'), {
    description: 'a list of all roles of the user',
    uniqueItems: true,
  }),
})

/**
 * A user of etcd 3.4 or later with exactly these roles. The password is set if another one was recorded: what somebody else
 * has set cannot be seen.
 */
export const { resource: etcdUser } = defineResource({
  kind: 'etcdUser',
  schema: EtcdUserSchema,
  defaults: {},
  name: ({ group, user }) => `${group}:${user}`,
  behave(desired, self) {
    const { id } = self
    const { user, roles } = desired
    const password = desired.password === undefined ? undefined : textContent(desired.password)
    if (desired.password !== undefined) refuseBlanks(desired.password, self)
    const secret = desired.password === undefined ? undefined : saltedSum(id, desired.password)
    return {
      ...clusterObject(id, desired, { type: 'user', key: user }, isUser, {
        stepFrom(found, facts) {
          const had = found?.type === 'user' ? found.roles : []
          const grant = roles.filter((role) => !had.includes(role))
          const revoke = had.filter((role) => !roles.includes(role))
          const isSet = found?.type === 'user' && recordedSecret(id, facts) === secret
          if (found?.type === 'user' && isSet && grant.length + revoke.length === 0) return undefined
          return {
            op: 'etcd-user',
            ...objectOf(id, desired),
            ...{ user, roles, grant, revoke },
            ...given({ secret, password: isSet ? undefined : password }),
          }
        },
        reason(found) {
          if (found.type !== 'user') return 'will be created'
          const isSame = JSON.stringify(found.roles.toSorted()) === JSON.stringify([...roles].toSorted())
          return isSame ? 'password will change' : 'roles will change'
        },
      }),
      isSensitive: password !== undefined,
    }
  },
})

/** The record of the host that acts. */
function recordedSecret(id: ResourceId, { state }: Facts): string | undefined {
  return state?.manifest.find(({ resource }) => resource === id)?.object?.secret
}

/** Of a secret, nobody can try values without its salt. */
function saltedSum(id: ResourceId, password: string | Secret): string {
  const pieces = isSecret(password)
    ? password.pieces().map((piece) => (typeof piece === 'string' ? piece : piece.fingerprint))
    : [password]
  return hash('sha256', JSON.stringify([id, ...pieces]))
}

/** etcdctl reads a password up to the first blank. */
function refuseBlanks(password: string | Secret, self: Self): void {
  const pieces = isSecret(password) ? password.pieces() : [password]
  const texts = pieces.flatMap((piece) => {
    if (typeof piece === 'string') return [piece]
    return piece.isOpen ? [piece.text] : []
  })
  if (texts.some((text) => /\s/.test(text)))
    invalid(self, 'its password has a blank, which etcdctl does not take', 'use one without blanks')
}

function isUser(fact: ObjectFact): fact is Extract<ObjectFact, { type: 'user' }> {
  return fact.type === 'user'
}

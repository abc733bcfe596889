import { type Static, Type } from 'typebox'
import {
  type ObjectFact,
  type Permission,
  permissionChanges,
  permissionWords,
  rangeOf,
} from '../../model/cluster-object.ts'
import { ResourceConflict } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { defineResource, invalid, type Self } from '../define/define-resource.ts'
import { yesOrNo } from '../define/schema-types.ts'
import { clusterObject, objectOf, objectProperties } from './cluster-object.ts'

const Key = (use: string) =>
  Type.String({
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description: `text without control characters; ${use}`,
  })

/** What a role may do with a key, or with a range of keys. */
const RolePermission = Type.Object({
  key: Key('the key, or where a range begins'),
  prefix: yesOrNo('true means all keys that begin so'),
  to: Type.Optional(Key('where the range ends; this key is not in it')),
  access: Type.Enum(['read', 'write', 'readwrite'], { description: 'read, write or readwrite' }),
})

/** A name of a role or a user. */
export const etcdName = (what: string) =>
  Type.String({
    pattern: '^[^\\s:\\u0000-\\u001f\\u007f]+$',
    description: `text without blanks and colons; the name of the ${what}`,
  })

const EtcdRoleSchema = Type.Object({
  ...objectProperties,
  role: etcdName('role'),
  permissions: Type.Array(RolePermission, { description: 'a list of all that the role may do' }),
})

/** A role of etcd 3.4 or later with exactly these permissions. */
export const { resource: etcdRole } = defineResource({
  kind: 'etcdRole',
  schema: EtcdRoleSchema,
  defaults: {},
  name: ({ group, role }) => `${group}:${role}`,
  behave(desired, self) {
    const { id } = self
    const { role } = desired
    const permissions = permissionsOf(desired, self)
    return clusterObject(id, desired, { type: 'role', key: role }, isRole, {
      stepFrom(found) {
        if (found?.type === 'role' && found.unreadable)
          throw new ResourceConflict(
            id,
            `the role ${role} has a permission for keys that are not text`,
            'revoke it with etcdctl',
          )
        const changes = permissionChanges(found?.type === 'role' ? found.permissions : [], permissions)
        const isSame = changes.grant.length + changes.revoke.length === 0
        if (found?.type === 'role' && isSame) return undefined
        return { op: 'etcd-role', ...objectOf(id, desired), role, permissions, ...changes }
      },
      reason: ({ type }) => (type === 'absent' ? 'will be created' : 'permissions will change'),
    })
  },
})

function permissionsOf(
  { role, permissions }: Static<typeof EtcdRoleSchema>,
  self: Self,
): readonly Permission[] {
  if (role === 'root') invalid(self, 'etcd has the role root itself', 'give the role another name')
  const known = new Map<string, Permission>()
  return permissions.map(({ key, prefix, to, access }): Permission => {
    const permission = { access, key, ...given({ prefix: prefix ? (true as const) : undefined, to }) }
    if (prefix === true && to !== undefined)
      invalid(self, `the range that begins at ${key} has both prefix and to`, 'remove one of them')
    if (to !== undefined && Buffer.compare(Buffer.from(to), Buffer.from(key)) <= 0)
      invalid(self, `the range from ${key} to ${to} has no keys`, 'let it end after it begins')
    const range = JSON.stringify(rangeOf(permission))
    const other = known.get(range)
    if (other !== undefined)
      invalid(
        self,
        `it has two permissions for the same keys: ${permissionWords(other)}, ${permissionWords(permission)}`,
        'use one, with access: readwrite if it may do both',
      )
    known.set(range, permission)
    return permission
  })
}

function isRole(fact: ObjectFact): fact is Extract<ObjectFact, { type: 'role' }> {
  return fact.type === 'role'
}

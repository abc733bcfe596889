import {
  connectionWords,
  type ObjectFact,
  objectState,
  type Permission,
  permissionChanges,
  permissionWords,
  rangeOf,
} from '../model/cluster-object.ts'
import type { Answers } from '../model/facts.ts'
import type { Operation, OperationTypes } from '../model/operation.ts'
import { type Before, details, hasNoPath, type RulesByOperation, type UndoRank } from './operation-rules.ts'

type ObjectOp = 'etcd-key' | 'etcd-role' | 'etcd-user' | 'etcd-remove'
export type ObjectOperation = OperationTypes[ObjectOp]

export function isObjectOperation(operation: Operation): operation is ObjectOperation {
  return ['etcd-key', 'etcd-role', 'etcd-user', 'etcd-remove'].includes(operation.op)
}

/** The object as an operation leaves it. */
export function wantedObject(operation: ObjectOperation): ObjectFact {
  switch (operation.op) {
    case 'etcd-key':
      return { type: 'key', sha256: operation.sha256, sizeBytes: operation.sizeBytes, revision: 1 }
    case 'etcd-role':
      return { type: 'role', permissions: operation.permissions }
    case 'etcd-user':
      return { type: 'user', roles: operation.roles }
    case 'etcd-remove':
      return { type: 'absent' }
  }
}

const objectRules = {
  ...hasNoPath,
  subject: ({ object }: ObjectOperation) => object,
  probes: (operation: ObjectOperation) => {
    const { object: name, connection } = operation
    return [{ probe: 'object', name, ...nameOf(operation), connection }] as const
  },
  isNeeded: (operation: ObjectOperation, { objects }: Answers) => {
    const found = objects[operation.object] ?? undefined
    return found === undefined || objectState(found) !== objectState(wantedObject(operation))
  },
  after: (operation: ObjectOperation) => ({ objects: { [operation.object]: wantedObject(operation) } }),
  inverse,
  outlasts,
  // While the cluster still runs.
  undoRank: (): UndoRank => 0,
  leavesUnsynced: false,
  timeoutSeconds: () => 320,
} as const

export const etcdObjectRules: Pick<RulesByOperation, ObjectOp> = {
  'etcd-key': {
    ...objectRules,
    words: ({ key, group, sensitive, sizeBytes, kept }) =>
      kept === undefined
        ? `set the key ${key} of ${group}${details(sensitive ? 'sensitive' : `${sizeBytes} bytes`)}`
        : `put back the key ${key} of ${group}${details(sensitive === true && 'sensitive')}`,
    shell: ({ connection, key, sha256, sizeBytes, kept = '', revision = '' }) => [
      'etcd_key',
      ...connectionWords(connection),
      key,
      String(revision),
      sha256,
      String(sizeBytes),
      kept,
    ],
  },
  'etcd-role': {
    ...objectRules,
    words: ({ role, group, grant, revoke, object }, facts) =>
      `${verb(facts, object)} the role ${role} of ${group}${details(
        ...grant.map((one) => `grant ${permissionWords(one)}`),
        ...revoke.map((one) => `revoke ${permissionWords(one)}`),
      )}`,
    shell: ({ connection, role, grant, revoke }) => [
      'etcd_role',
      ...connectionWords(connection),
      role,
      ...revoke.flatMap((one) => permissionArguments('revoke', one)),
      ...grant.flatMap((one) => permissionArguments('grant', one)),
    ],
  },
  'etcd-user': {
    ...objectRules,
    words: ({ user, group, grant, revoke, password, object }, facts) =>
      `${verb(facts, object)} the user ${user} of ${group}${details(
        password !== undefined && 'password',
        ...grant.map((role) => `grant ${role}`),
        ...revoke.map((role) => `revoke ${role}`),
      )}`,
    shell: ({ connection, user, grant, revoke, password }) => [
      'etcd_user',
      ...connectionWords(connection),
      user,
      password?.sha256 ?? '',
      ...revoke.flatMap((role) => ['revoke', role]),
      ...grant.flatMap((role) => ['grant', role]),
    ],
  },
  'etcd-remove': {
    ...objectRules,
    words: ({ type, name, group }) => `remove the ${type} ${name} of ${group}`,
    shell: ({ connection, type, name }) => ['etcd_remove', ...connectionWords(connection), type, name],
  },
}

function nameOf(operation: ObjectOperation) {
  switch (operation.op) {
    case 'etcd-key':
      return { type: 'key', key: operation.key } as const
    case 'etcd-role':
      return { type: 'role', key: operation.role } as const
    case 'etcd-user':
      return { type: 'user', key: operation.user } as const
    case 'etcd-remove':
      return { type: operation.type, key: operation.name } as const
  }
}

/** Nothing undoes what was done without an answer: how it was before is not known. */
function inverse(operation: ObjectOperation, { objects }: Before, kept: string): readonly Operation[] {
  const { object, group, question, connection } = operation
  const before = objects?.[object] ?? undefined
  const own = { object, group, question, connection }
  const { type, key } = nameOf(operation)
  const sensitive = 'sensitive' in operation && operation.sensitive === true
  switch (before?.type) {
    case undefined:
      return []
    case 'absent':
      return [{ op: 'etcd-remove', ...own, type, name: key, ...(sensitive && { sensitive }) }]
    case 'key': {
      const { sha256, sizeBytes } = before
      return [{ op: 'etcd-key', ...own, key, sha256, sizeBytes, kept, ...(sensitive && { sensitive }) }]
    }
    case 'role': {
      const { permissions } = before
      const now = operation.op === 'etcd-role' ? operation.permissions : []
      return [{ op: 'etcd-role', ...own, role: key, permissions, ...permissionChanges(now, permissions) }]
    }
    case 'user': {
      const { roles } = before
      if (operation.op !== 'etcd-user') return []
      const { grant: revoke, revoke: grant } = operation
      return grant.length + revoke.length === 0
        ? []
        : [{ op: 'etcd-user', ...own, user: key, roles, grant, revoke }]
    }
  }
}

/** No API tells a password, so that none can be put back. */
function outlasts(operation: ObjectOperation, { objects }: Before): boolean {
  const before = objects?.[operation.object] ?? undefined
  if (before === undefined) return true
  return (
    before.type === 'user' &&
    (operation.op === 'etcd-remove' || (operation.op === 'etcd-user' && operation.password !== undefined))
  )
}

function permissionArguments(verb: string, permission: Permission): readonly string[] {
  const [form = '', key = '', to = ''] = rangeOf(permission)
  return [verb, permission.access, form, key, to]
}

function verb(facts: Answers | undefined, object: string): string {
  const found = facts?.objects[object] ?? undefined
  if (found === undefined) return 'set'
  return found.type === 'absent' ? 'create' : 'change'
}

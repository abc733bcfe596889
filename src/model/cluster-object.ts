import { Type } from 'typebox'
import { type Data, describe, flag, HostPath, optional, Text } from './schema.ts'

/** How a host reaches its member of etcd. */
export const EtcdConnection = Type.Object(
  {
    etcdctl: describe(HostPath, 'Where etcdctl is.'),
    clientUrl: describe(Text, 'The URL at which the member answers clients.'),
  },
  { description: 'How the host reaches its member.' },
)
type EtcdConnection = Data<typeof EtcdConnection>

/** As words of the host program, for `use_etcd`. */
export function connectionWords({ etcdctl, clientUrl }: EtcdConnection): readonly string[] {
  return [etcdctl, clientUrl]
}

/** What a role of etcd may do with which keys: with one, with a range, or with all that begin so. */
export const Permission = Type.Object({
  access: Type.Enum(['read', 'write', 'readwrite'], { description: 'What it allows.' }),
  key: describe(Text, 'The key, or where the range begins.'),
  prefix: flag('Whether all keys that begin so are meant.'),
  to: optional(Text, 'Where the range ends; that key is not in it.'),
  open: flag('Whether the range has no end.'),
})
export type Permission = Data<typeof Permission>

/** What an API says of one of its objects. */
export type ObjectFact =
  | { readonly type: 'absent' }
  | {
      readonly type: 'key'
      readonly sha256: string
      readonly sizeBytes: number
      /** It grows with each change. */
      readonly revision: number
      /** `null` if it is not text. */
      readonly content?: string | null
    }
  | { readonly type: 'role'; readonly permissions: readonly Permission[]; readonly unreadable?: true }
  | { readonly type: 'user'; readonly roles: readonly string[] }

/** The record of an object, which belongs to no single host. */
export const ObjectRecord = Type.Object({
  question: describe(Text, 'Whoever answers this first in the order of the spec removes the object.'),
  state: describe(Text, 'How it was made, as its API tells.'),
  secret: optional(Text, 'A salted checksum of what no API tells.'),
})
export type ObjectRecord = Data<typeof ObjectRecord>

/** What the planner knows of the objects of a cluster that a host does not. */
export interface ClusterFacts {
  /** The questions that nobody answers, and that this host is the first one to ask. */
  readonly leads: readonly string[]
  /** Identities of the resources of all hosts that are such objects. */
  readonly declared: readonly string[]
  /** Those that were made by converge, as any manifest tells. */
  readonly made: readonly string[]
}

/** The state of an object as a manifest has it. */
export function objectState(fact: ObjectFact): string {
  switch (fact.type) {
    case 'absent':
      return 'absent'
    case 'key':
      return fact.sha256
    case 'role':
      return permissionsState(fact.permissions)
    case 'user':
      return rolesState(fact.roles)
  }
}

function permissionsState(permissions: readonly Permission[]): string {
  return JSON.stringify(permissions.map(permissionKey).toSorted())
}

function rolesState(roles: readonly string[]): string {
  return JSON.stringify(roles.toSorted())
}

/** The same for the same permission. */
function permissionKey(permission: Permission): string {
  return JSON.stringify([permission.access, ...rangeOf(permission)])
}

/** etcd has one permission for each range. */
export function rangeOf({ key, prefix, to, open }: Permission): readonly string[] {
  if (prefix === true) return ['prefix', key]
  if (open === true) return ['open', key]
  return to === undefined ? ['key', key] : ['range', key, to]
}

/** What makes these permissions of those; a grant replaces another one of the same range. */
export function permissionChanges(
  from: readonly Permission[],
  to: readonly Permission[],
): { readonly grant: readonly Permission[]; readonly revoke: readonly Permission[] } {
  const had = new Set(from.map(permissionKey))
  const ranges = new Set(to.map((one) => JSON.stringify(rangeOf(one))))
  return {
    grant: to.filter((one) => !had.has(permissionKey(one))),
    revoke: from.filter((one) => !ranges.has(JSON.stringify(rangeOf(one)))),
  }
}

/** `read /a`, `write all of /a/`, `readwrite a to b` */
export function permissionWords(permission: Permission): string {
  const [form, key, to] = rangeOf(permission)
  switch (form) {
    case 'prefix':
      return `${permission.access} all of ${key}`
    case 'open':
      return `${permission.access} ${key} and all after it`
    case 'range':
      return `${permission.access} ${key} to ${to}`
    default:
      return `${permission.access} ${key}`
  }
}

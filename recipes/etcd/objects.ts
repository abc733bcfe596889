import { etcdKey, etcdRole, etcdUser, type unit } from 'converge'
import type { Context } from './attributes.ts'
import { connection } from './connection.ts'
import { isAtLeast34 } from './layout.ts'

/** What the cluster has besides its members; all of them declare it, and one makes it. */
export function objects(ctx: Context, service: ReturnType<typeof unit>) {
  const { attributes, instance, fail } = ctx
  const { keys, roles, users, mode, version } = attributes
  const declared = Object.entries({ keys, roles, users }).filter(([, map]) => Object.keys(map).length > 0)
  const [first] = declared
  if (first === undefined || mode !== 'member') return []
  if (!isAtLeast34(version))
    fail(`etcd ${version} has no ${first[0]} that converge knows`, `remove ${instance}.${first[0]}`)
  const own = { group: instance, ...connection(ctx), after: [service] }
  for (const [user, { roles: granted }] of Object.entries(users)) {
    const unknown = granted.find((role) => role !== 'root' && !Object.hasOwn(roles, role))
    if (unknown !== undefined)
      fail(
        `the user ${user} has the role ${unknown}, which is not in ${instance}.roles`,
        `add ${unknown} to ${instance}.roles, or remove it from ${instance}.users.${user}.roles`,
      )
  }
  const made = {
    keys: Object.entries(keys).map(([key, value]) => etcdKey({ ...own, key, value })),
    roles: Object.entries(roles).map(([role, permissions]) => etcdRole({ ...own, role, permissions })),
  }
  const accounts = Object.entries(users).map(([name, { password, roles: granted }]) =>
    etcdUser({
      ...own,
      user: name,
      roles: granted,
      ...(password !== undefined && { password }),
      after: [service, ...made.roles],
    }),
  )
  return [...made.keys, ...made.roles, ...accounts]
}

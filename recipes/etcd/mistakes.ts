import type { Context } from './attributes.ts'
import { followsSpec, membersOf } from './layout.ts'

export function checkMode(ctx: Context): void {
  const { attributes, instance, fail } = ctx
  const { mode, version, discovery, discoveryProxy, discoverySrv, tls } = attributes
  const { discoveryToken, discoveryEndpoints } = attributes
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isAtLeast36 = major > 3 || (major === 3 && minor >= 6)
  const ways = [
    ...(discovery === undefined ? [] : ['discovery']),
    ...(discoverySrv === undefined ? [] : ['discoverySrv']),
    ...(discoveryToken === undefined ? [] : ['discoveryToken']),
  ]
  if (ways.length > 1)
    fail(`${instance}.${ways.join(` and ${instance}.`)} exclude each other`, 'set one of them')
  if (mode === 'proxy' && isAtLeast36)
    fail(`etcd ${version} has no proxy mode`, `remove ${instance}.mode, and let clients use the members`)
  if (discovery !== undefined && isAtLeast36)
    fail(
      `etcd ${version} does not know discovery by a URL`,
      `remove ${instance}.discovery: the recipe lists the members itself; or use discoveryToken with discoveryEndpoints`,
    )
  if (discoveryToken !== undefined && !isAtLeast36)
    fail(
      `etcd ${version} does not know discovery by a token`,
      `set ${instance}.discovery to a URL with the token`,
    )
  if ((discoveryToken === undefined) !== (discoveryEndpoints.length === 0))
    fail(
      `${instance}.discoveryToken and ${instance}.discoveryEndpoints belong together`,
      'set both of them, or none',
    )
  if (discoveryProxy !== undefined && discovery === undefined)
    fail(`${instance}.discoveryProxy has no effect without discovery`, `set ${instance}.discovery`)
  if (tls !== 'none' && !followsSpec(ctx))
    fail(
      `${instance}.tls is for members of etcd 3.4 or later, with ${instance}.variablesIn: files`,
      `remove ${instance}.tls`,
    )
  if (tls === 'optional' && major === 3 && minor < 5)
    fail(
      `etcd ${version} does not serve plain text and TLS on one port`,
      'upgrade to etcd 3.5 first; a new cluster may begin with required',
    )
  const members = membersOf(ctx).length
  if (members === 0)
    fail(`no host is a member of ${instance}`, `let at least one host have ${instance}.mode: member`)
}

export function checkTimes({ attributes, instance, fail }: Context): void {
  const { heartbeatIntervalMs, electionTimeoutMs } = attributes
  if (electionTimeoutMs >= 5 * heartbeatIntervalMs) return
  fail(
    `etcd refuses an election timeout of ${electionTimeoutMs} ms with a heartbeat of ${heartbeatIntervalMs} ms`,
    `set ${instance}.electionTimeoutMs to at least ${5 * heartbeatIntervalMs}`,
  )
}

/** Refuses a port that this member has twice, or that an instance before it has. */
export function checkPorts({ host, instance, instances, fail }: Context): void {
  const names = instances()
  const ports = names.slice(0, names.indexOf(instance) + 1).flatMap((other) =>
    ['clientPort', 'peerPort'].map((key) => ({
      of: other,
      name: `${other}.${key}`,
      port: Reflect.get(Object(host.attributes[other]), key),
    })),
  )
  for (const [index, own] of ports.entries()) {
    const taken = ports.slice(0, index).find(({ port }) => port === own.port)
    if (taken !== undefined && own.of === instance)
      fail(`${taken.name} and ${own.name} are the same port ${own.port}`, `set ${own.name} to another port`)
  }
}

import { environmentLine } from 'converge'
import type { Context } from './attributes.ts'
import { clientSchemes, membersOf, peerScheme, peerUrl, tokenOf, urlOf } from './layout.ts'
import { tlsVariables } from './tls.ts'
import { unknownVariable } from './variables.ts'

/** What the member reads at every start. */
export function memberVariables(ctx: Context): Record<string, string | number | boolean> {
  const { attributes, host, instance, fail } = ctx
  const { dataDir, clientPort, heartbeatIntervalMs, electionTimeoutMs, extra, mode } = attributes
  const { additionalClientPorts, additionalPeerPorts, tls } = attributes
  const schemes = clientSchemes[tls]
  const { advertiseClientUrls = schemes.map((scheme) => urlOf(host.address, clientPort, scheme)) } =
    attributes
  if (!/^[0-9.]+$|:/.test(host.address)) {
    fail(
      `etcd listens on IP addresses only, and the address of ${host.name} is the name ${host.address}`,
      'give the host its IP address as `address:`',
    )
  }
  const unserved = advertiseClientUrls.find((url) => !schemes.some((scheme) => url.startsWith(`${scheme}:`)))
  if (unserved !== undefined)
    fail(
      `${instance}.advertiseClientUrls has ${unserved}, and with ${instance}.tls: ${tls} clients are served by ${schemes.join(' and ')}`,
      'change one of them',
    )
  const clientPorts = [clientPort, ...additionalClientPorts]
  const listenClient = [host.address, '127.0.0.1'].flatMap((address) =>
    clientPorts.flatMap((port) => schemes.map((scheme) => urlOf(address, port, scheme))),
  )
  const peerPorts = [attributes.peerPort, ...additionalPeerPorts]
  const own = {
    ETCD_NAME: host.name,
    ETCD_DATA_DIR: dataDir,
    ...(mode === 'member' && {
      ETCD_LISTEN_PEER_URLS: peerPorts.map((port) => urlOf(host.address, port, peerScheme(tls))).join(','),
    }),
    ETCD_LISTEN_CLIENT_URLS: [...new Set(listenClient)].join(','),
    ...(mode === 'member' && {
      ETCD_ADVERTISE_CLIENT_URLS: advertiseClientUrls.join(','),
      ETCD_HEARTBEAT_INTERVAL: heartbeatIntervalMs,
      ETCD_ELECTION_TIMEOUT: electionTimeoutMs,
    }),
    ...(mode === 'proxy' && { ETCD_PROXY: 'on' }),
    ...tlsVariables(ctx),
  }
  const twice = Object.keys(extra).find((name) => name in own || name.startsWith('ETCD_INITIAL_'))
  if (twice !== undefined)
    fail(`${instance}.extra sets ${twice}, which the recipe sets itself`, `remove ${twice}`)
  for (const name of Object.keys(extra)) {
    const unknown = unknownVariable(name, attributes.version)
    if (unknown !== undefined) fail(unknown.why, `${instance}.extra: ${unknown.hint}`)
  }
  return { ...own, ...extra }
}

/** What the member reads at its first start only. */
export function bootstrapVariables(ctx: Context): Record<string, string> {
  const { attributes, host } = ctx
  const { discovery, discoveryEndpoints, discoveryProxy, discoverySrv, discoveryToken, mode } = attributes
  const members = membersOf(ctx).map(({ name, address }) => `${name}=${peerUrl(ctx, address)}`)
  const advertised = mode === 'member' ? { ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrl(ctx, host.address) } : {}
  if (discovery !== undefined)
    return {
      ETCD_DISCOVERY: discovery,
      ...(discoveryProxy !== undefined && { ETCD_DISCOVERY_PROXY: discoveryProxy }),
      ...advertised,
    }
  if (discoveryToken !== undefined)
    return {
      ETCD_DISCOVERY_TOKEN: discoveryToken,
      ETCD_DISCOVERY_ENDPOINTS: discoveryEndpoints.join(','),
      ...advertised,
    }
  const token = { ETCD_INITIAL_CLUSTER_STATE: 'new', ETCD_INITIAL_CLUSTER_TOKEN: tokenOf(ctx) }
  if (discoverySrv !== undefined)
    return { ETCD_DISCOVERY_SRV: discoverySrv, ...advertised, ...(mode === 'member' && token) }
  if (mode === 'proxy') return { ETCD_INITIAL_CLUSTER: members.join(',') }
  return {
    ...advertised,
    ETCD_INITIAL_CLUSTER: members.join(','),
    ...token,
  }
}

/** All variables, one a line, without those that etcd has by default. */
export function variableLines(ctx: Context): readonly string[] {
  const variables = { ...bootstrapVariables(ctx), ...memberVariables(ctx) }
  return Object.entries(variables)
    .filter(([name, value]) => Reflect.get(ownDefaults, name) !== value)
    .map(([name, value]) => environmentLine({ [name]: value }))
}

const ownDefaults = { ETCD_HEARTBEAT_INTERVAL: 100, ETCD_ELECTION_TIMEOUT: 1000 }

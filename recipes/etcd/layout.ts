import { type Context, ownName } from './attributes.ts'

type Scheme = 'http' | 'https'

/** etcd takes both on one port for clients, and one of them for peers. */
export const clientSchemes = {
  none: ['http'],
  optional: ['http', 'https'],
  required: ['https'],
} as const satisfies Record<string, readonly Scheme[]>

/** Where its own member answers, the likeliest first. One that moves to TLS, or from it, has the other scheme until it restarts. */
export function clientUrls({ attributes, host }: Context) {
  const schemes: readonly Scheme[] = attributes.tls === 'required' ? ['https', 'http'] : ['http', 'https']
  return schemes.map((scheme) => urlOf(host.address, attributes.clientPort, scheme))
}

/** From then on etcd has learners, and etcdctl takes passwords from stdin. */
export function isAtLeast34(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 4)
}

export function releasePath(instance: string, version: string): string {
  return `/opt/${instance}-${version}`
}

/** Whether members are added and removed: etcd has learners from 3.4 on. */
export function followsSpec({ attributes: { version, mode, variablesIn } }: Context): boolean {
  return mode === 'member' && variablesIn === 'files' && isAtLeast34(version)
}

export function clientVariablesPath({ instance }: Context): string {
  return `/etc/${instance}/etcdctl.env`
}

export function peerScheme(tls: Context['attributes']['tls']): Scheme {
  return tls === 'required' ? 'https' : 'http'
}

export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The hosts that have data. */
export function membersOf(ctx: Context) {
  const { instance } = ctx
  return ctx
    .hosts({ recipe: instance })
    .filter(({ attributes }) => Reflect.get(Object(attributes[instance]), 'mode') !== 'proxy')
}

/** Where `etcd` and `etcdctl` are linked: each instance has a version of its own. */
export function binDir({ instance, platform }: Context): string {
  return instance === ownName ? platform.binDir : `/opt/${instance}`
}

/** The member's log. It exists once etcd has started as a member; `member` itself also after a start that failed. */
export function dataPath({ attributes }: Context): string {
  return `${attributes.dataDir}/member/wal`
}

export function tokenOf({ attributes, cluster, instance }: Context): string {
  return attributes.token ?? (instance === ownName ? cluster.name : `${cluster.name}-${instance}`)
}

/** Until 3.4 etcdctl does all. */
export function hasEtcdutl({ attributes: { version } }: Context): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 5)
}

export function peerUrl({ attributes }: Context, address: string): string {
  return urlOf(address, attributes.peerPort, peerScheme(attributes.tls))
}

export function urlOf(address: string, port: number, scheme: Scheme): string {
  return `${scheme}://${bracketed(address)}:${port}`
}

/** etcd tells systemd that it is ready from 2.2 on. */
export function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 2 || (major === 2 && minor < 2)
}

/** An IPv6 address within a URL. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

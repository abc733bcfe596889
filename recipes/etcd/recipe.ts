import {
  archive,
  defineRecipe,
  directory,
  environmentLine,
  etcdMember,
  execLine,
  file,
  group,
  link,
  type RecipeContext,
  renderEnvFile,
  type Static,
  Type,
  unit,
  user,
} from 'converge'
import { unknownVariable } from './variables.ts'

const Port = (use: string, fallback: number) =>
  Type.Integer({
    description: `a port from 1 to 65535; ${use}`,
    minimum: 1,
    maximum: 65535,
    default: fallback,
  })

const attributesOf = (instance: string) =>
  Type.Object({
    version: Type.String({
      description: 'a version of etcd without the v, such as "3.4.23"',
      pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+[0-9A-Za-z.+-]*$',
    }),
    sha256: Type.String({
      description: 'the SHA-256 of the archive, as sha256sum prints it',
      pattern: '^[0-9a-f]{64}$',
    }),
    url: Type.String({
      description: 'the URL of the archive; {version} and {arch} are replaced by those of the host',
      default:
        'https://github.com/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-linux-{arch}.tar.gz',
    }),
    clientPort: Port('clients connect to it', 2379),
    peerPort: Port('the other members connect to it, so it is the same on all of them', 2380),
    user: Type.String({
      description: 'the name of an account; user and group that etcd runs as',
      default: instance,
    }),
    dataDir: Type.String({
      description: 'an absolute path; the member keeps its data there',
      default: `/var/lib/${instance}`,
      pattern: '^/',
    }),
    heartbeatIntervalMs: Type.Integer({
      description: 'a whole number of milliseconds from 1; how often the leader reports that it is alive',
      minimum: 1,
      default: 100,
    }),
    electionTimeoutMs: Type.Integer({
      description:
        'a whole number of milliseconds from 1; how long a member waits for the leader, at least five heartbeats',
      minimum: 1,
      default: 1000,
    }),
    mode: Type.Enum(['member', 'proxy'], {
      description:
        'member or proxy; a proxy of etcd 2 to 3.5 has no data and passes requests of its host on to the members',
      default: 'member',
    }),
    discovery: Type.Optional(
      Type.String({
        description:
          'a URL with an unused token, at which members of etcd up to 3.5 find each other at their first start',
        pattern: '^https?://[^\\s]+/[^\\s/]+$',
      }),
    ),
    discoveryProxy: Type.Optional(
      Type.String({
        description: 'the URL of an HTTP proxy, such as http://proxy.example.com:8080; for discovery only',
        pattern: '^https?://[^\\s]+$',
      }),
    ),
    additionalClientPorts: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
      description: 'a list of ports; clients may connect to them as well, such as 4001 of etcd 0.4',
      default: [],
    }),
    additionalPeerPorts: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
      description: 'a list of ports; the member listens on them for peers as well, such as 7001 of etcd 0.4',
      default: [],
    }),
    advertiseClientUrls: Type.Optional(
      Type.Array(Type.String({ pattern: '^https?://', description: 'a URL' }), {
        description: 'a list of URLs; what clients are told, in place of the address with clientPort',
        minItems: 1,
      }),
    ),
    variablesIn: Type.Enum(['files', 'unit'], {
      description:
        'files or unit; unit writes all variables into the unit, where also the first ones stay for ever',
      default: 'files',
    }),
    token: Type.Optional(
      Type.String({
        description:
          'text that distinguishes clusters when they bootstrap; by default the name of the cluster, followed by that of an instance',
      }),
    ),
    extra: Type.Record(
      Type.String({ pattern: '^ETCD_[A-Z0-9_]+$' }),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      { description: 'a map of further variables of etcd, such as ETCD_QUOTA_BACKEND_BYTES', default: {} },
    ),
  })

type Context = RecipeContext<Static<ReturnType<typeof attributesOf>>>

const ownName = 'etcd'

/** A member of an etcd cluster that is made of all hosts with this recipe, or with the same instance of it. */
export default defineRecipe({
  name: ownName,
  attributes: attributesOf,
  offers: {
    ports: ({ attributes, instance }) => [
      { port: attributes.clientPort, from: `recipe:${instance}` },
      ...(attributes.mode === 'member' ? [{ port: attributes.peerPort, from: `recipe:${instance}` }] : []),
    ],
  },
  resources(ctx) {
    const { attributes, instance } = ctx
    const { dataDir, user: owner, variablesIn } = attributes
    checkTimes(ctx)
    checkMode(ctx)

    const account = [
      group({ name: owner, system: true }),
      user({ name: owner, group: owner, system: true, home: dataDir, shell: '/usr/sbin/nologin' }),
    ]
    const data = directory({ path: dataDir, mode: '0700', owner, group: owner })
    const binaries = instance === ownName ? [] : [directory({ path: binDir(ctx) })]
    const release = archive({
      url: archiveUrl(ctx),
      sha256: attributes.sha256,
      path: releasePath(instance, attributes.version),
      binaries: ['etcd', 'etcdctl'],
      binDir: binDir(ctx),
    })
    // Beside the archive, whose change restarts etcd.
    const tools = hasEtcdutl(ctx)
      ? [
          link({
            path: `${binDir(ctx)}/etcdutl`,
            target: `${releasePath(instance, attributes.version)}/etcdutl`,
          }),
        ]
      : []
    const configuration = directory({ path: `/etc/${instance}` })
    const environment = file({
      path: `${configuration.name}/etcd.env`,
      content: renderEnvFile(memberVariables(ctx)),
    })
    // etcd ignores these once it has data. They are then removed, so that they neither mislead nor cause a restart.
    const first = {
      path: `${configuration.name}/bootstrap.env`,
      content: renderEnvFile(bootstrapVariables(ctx)),
    }
    const bootstrap = followsSpec(ctx) ? member(ctx, first) : file({ ...first, until: dataPath(ctx) })
    const files = variablesIn === 'unit' ? [] : [configuration, environment, bootstrap]
    const service = unit({
      name: `${instance}.service`,
      content: serviceUnit(
        ctx,
        variablesIn === 'unit'
          ? { Environment: variableLines(ctx) }
          : { EnvironmentFile: [environment.name, `-${first.path}`] },
      ),
      enabled: true,
      started: true,
      after: [...account, data, ...files],
      // Exactly what the running process has read; a change of the unit itself restarts it anyway.
      restartOn: [release, ...files.filter((one) => one === environment)],
      ...(attributes.mode === 'member' && {
        disruption: {
          group: instance,
          maxUnavailable: 'quorum',
          healthy: healthCheck(ctx),
          healthyTimeoutSeconds: 60,
          data: dataPath(ctx),
        },
      }),
    })
    checkPorts(ctx)
    return [...account, data, ...binaries, release, ...tools, ...files, service]
  },
})

function releasePath(instance: string, version: string): string {
  return `/opt/${instance}-${version}`
}

/** Whether members are added and removed: etcd has learners from 3.4 on. */
function followsSpec({ attributes: { version, mode, variablesIn } }: Context): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return mode === 'member' && variablesIn === 'files' && (major > 3 || (major === 3 && minor >= 4))
}

function member(ctx: Context, first: { readonly path: string; readonly content: string }) {
  const { attributes, host, instance, platform } = ctx
  const { dataDir, version } = attributes
  const memberOf = ({ name, address }: Pick<typeof host, 'name' | 'address'>) => ({
    name,
    peerUrl: peerUrl(ctx, address),
  })
  return etcdMember({
    group: instance,
    unit: `${instance}.service`,
    version,
    etcdctl: `${binDir(ctx)}/etcdctl`,
    release: releasePath(instance, '{version}'),
    clientUrl: clientUrl(ctx),
    self: memberOf(host),
    members: membersOf(ctx).map(memberOf),
    until: dataPath(ctx),
    data: `${dataDir}/member`,
    file: first.path,
    content: first.content,
    snapshots: `${platform.stateDir}/${instance}-snapshots`,
    restorer: `${releasePath(instance, version)}/${hasEtcdutl(ctx) ? 'etcdutl' : 'etcdctl'}`,
    token: tokenOf(ctx),
  })
}

/** The hosts that have data. */
function membersOf(ctx: Context) {
  const { instance } = ctx
  return ctx
    .hosts({ recipe: instance })
    .filter(({ attributes }) => Reflect.get(Object(attributes[instance]), 'mode') !== 'proxy')
}

function checkMode(ctx: Context): void {
  const { attributes, instance, fail } = ctx
  const { mode, version, discovery, discoveryProxy } = attributes
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isAtLeast36 = major > 3 || (major === 3 && minor >= 6)
  if (mode === 'proxy' && isAtLeast36)
    fail(`etcd ${version} has no proxy mode`, `remove ${instance}.mode, and let clients use the members`)
  if (discovery !== undefined && isAtLeast36)
    fail(
      `etcd ${version} does not know discovery by a URL`,
      `remove ${instance}.discovery: the recipe lists the members itself`,
    )
  if (discoveryProxy !== undefined && discovery === undefined)
    fail(`${instance}.discoveryProxy has no effect without discovery`, `set ${instance}.discovery`)
  const members = membersOf(ctx).length
  if (members === 0)
    fail(`no host is a member of ${instance}`, `let at least one host have ${instance}.mode: member`)
}

/** Where `etcd` and `etcdctl` are linked: each instance has a version of its own. */
function binDir({ instance, platform }: Context): string {
  return instance === ownName ? platform.binDir : `/opt/${instance}`
}

/** The member's log. It exists once etcd has started as a member; `member` itself also after a start that failed. */
function dataPath({ attributes }: Context): string {
  return `${attributes.dataDir}/member/wal`
}

/**
 * Healthy is who answers, is in its own list of members as the others know it, and is in the cluster of most members that
 * answer: not who began a cluster alone.
 */
function healthCheck(ctx: Context): string {
  const { host } = ctx
  if (Number.parseInt(ctx.attributes.version, 10) < 3) return healthCheckOf2(ctx)
  const program = `${binDir(ctx)}/etcdctl`
  const etcdctl = `${program} --endpoints=${clientUrl(ctx)}`
  const self = `, ${host.name}, ${peerUrl(ctx, host.address)}, `
  const others = membersOf(ctx).filter(({ name }) => name !== host.name)
  const all = [clientUrl(ctx), ...others.map(({ address }) => clientUrl(ctx, address))].join(',')
  // Its own comes first. Members that are down must not use up the time that a check has.
  const status = `${program} --endpoints=${all} --dial-timeout=1s --command-timeout=1s endpoint status -w json`
  // A learner answers nothing else than its status.
  const learner = `${etcdctl} endpoint status -w json | grep -qE '"isLearner": ?true'`
  return [
    `export ETCDCTL_API=3; { ${learner} || { ${etcdctl} endpoint health && ${etcdctl} member list | grep -qF '${self}'; }; }`,
    `ids=$(${status} 2>/dev/null | grep -o '"cluster_id":[0-9]*')`,
    'own=$(echo "$ids" | grep -cx "$(echo "$ids" | head -n 1)")',
    '[ $((2 * own)) -gt "$(echo "$ids" | wc -l)" ]',
  ].join(' && ')
}

/** etcdctl of etcd 2 asks over the v2 API, and asks other members if it may. */
function healthCheckOf2(ctx: Context): string {
  const etcdctl = `${binDir(ctx)}/etcdctl --no-sync -C ${clientUrl(ctx)}`
  return `${etcdctl} ls / >/dev/null && ${etcdctl} member list | grep -qF 'name=${ctx.host.name} '`
}

function checkTimes({ attributes, instance, fail }: Context): void {
  const { heartbeatIntervalMs, electionTimeoutMs } = attributes
  if (electionTimeoutMs >= 5 * heartbeatIntervalMs) return
  fail(
    `etcd refuses an election timeout of ${electionTimeoutMs} ms with a heartbeat of ${heartbeatIntervalMs} ms`,
    `set ${instance}.electionTimeoutMs to at least ${5 * heartbeatIntervalMs}`,
  )
}

/** Refuses a port that this member has twice, or that an instance before it has. */
function checkPorts({ host, instance, instances, fail }: Context): void {
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

function archiveUrl({ attributes, platform, host, fail }: Context): string {
  const { url, version } = attributes
  if (url.includes('{arch}') && platform.arch === undefined) {
    fail(
      `the architecture of ${host.name} is not declared, and the archive depends on it`,
      'add `platform: { arch: amd64 }` (or arm64, ...) to the cluster, the role or the host',
    )
  }
  return url.replaceAll('{version}', version).replaceAll('{arch}', platform.arch ?? '')
}

/** What the member reads at every start. */
function memberVariables(ctx: Context): Record<string, string | number | boolean> {
  const { attributes, host, instance, fail } = ctx
  const { dataDir, clientPort, heartbeatIntervalMs, electionTimeoutMs, extra, mode } = attributes
  const { additionalClientPorts, additionalPeerPorts, advertiseClientUrls = [clientUrl(ctx)] } = attributes
  if (!/^[0-9.]+$|:/.test(host.address)) {
    fail(
      `etcd listens on IP addresses only, and the address of ${host.name} is the name ${host.address}`,
      'give the host its IP address as `address:`',
    )
  }
  const clientPorts = [clientPort, ...additionalClientPorts]
  const listenClient = [host.address, '127.0.0.1'].flatMap((address) =>
    clientPorts.map((port) => urlOf(address, port)),
  )
  const peerPorts = [attributes.peerPort, ...additionalPeerPorts]
  const own = {
    ETCD_NAME: host.name,
    ETCD_DATA_DIR: dataDir,
    ...(mode === 'member' && {
      ETCD_LISTEN_PEER_URLS: peerPorts.map((port) => urlOf(host.address, port)).join(','),
    }),
    ETCD_LISTEN_CLIENT_URLS: [...new Set(listenClient)].join(','),
    ...(mode === 'member' && {
      ETCD_ADVERTISE_CLIENT_URLS: advertiseClientUrls.join(','),
      ETCD_HEARTBEAT_INTERVAL: heartbeatIntervalMs,
      ETCD_ELECTION_TIMEOUT: electionTimeoutMs,
    }),
    ...(mode === 'proxy' && { ETCD_PROXY: 'on' }),
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
function bootstrapVariables(ctx: Context): Record<string, string> {
  const { attributes, host } = ctx
  const { discovery, discoveryProxy, mode } = attributes
  const members = membersOf(ctx).map(({ name, address }) => `${name}=${peerUrl(ctx, address)}`)
  const advertised = mode === 'member' ? { ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrl(ctx, host.address) } : {}
  if (discovery !== undefined)
    return {
      ETCD_DISCOVERY: discovery,
      ...(discoveryProxy !== undefined && { ETCD_DISCOVERY_PROXY: discoveryProxy }),
      ...advertised,
    }
  if (mode === 'proxy') return { ETCD_INITIAL_CLUSTER: members.join(',') }
  return {
    ...advertised,
    ETCD_INITIAL_CLUSTER: members.join(','),
    ETCD_INITIAL_CLUSTER_STATE: 'new',
    ETCD_INITIAL_CLUSTER_TOKEN: tokenOf(ctx),
  }
}

function tokenOf({ attributes, cluster, instance }: Context): string {
  return attributes.token ?? (instance === ownName ? cluster.name : `${cluster.name}-${instance}`)
}

/** Until 3.4 etcdctl does all. */
function hasEtcdutl({ attributes: { version } }: Context): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 5)
}

/** All variables, one a line, without those that etcd has by default. */
function variableLines(ctx: Context): readonly string[] {
  const variables = { ...bootstrapVariables(ctx), ...memberVariables(ctx) }
  return Object.entries(variables)
    .filter(([name, value]) => Reflect.get(ownDefaults, name) !== value)
    .map(([name, value]) => environmentLine({ [name]: value }))
}

const ownDefaults = { ETCD_HEARTBEAT_INTERVAL: 100, ETCD_ELECTION_TIMEOUT: 1000 }

function serviceUnit(ctx: Context, variables: Record<string, readonly string[]>) {
  return {
    Unit: {
      Description: 'etcd key-value store',
      Documentation: 'https://etcd.io/docs/',
      Wants: 'network-online.target',
      After: 'network-online.target',
    },
    Service: {
      Type: isOld(ctx.attributes.version) || ctx.attributes.mode === 'proxy' ? 'simple' : 'notify',
      User: ctx.attributes.user,
      ...variables,
      ExecStart: execLine([`${binDir(ctx)}/etcd`]),
      Restart: 'on-failure',
      RestartSec: 5,
      // A first start waits for the other members.
      TimeoutStartSec: 120,
      LimitNOFILE: 65536,
    },
    Install: { WantedBy: 'multi-user.target' },
  }
}

function clientUrl({ attributes, host }: Context, address = host.address): string {
  return urlOf(address, attributes.clientPort)
}

function peerUrl({ attributes }: Context, address: string): string {
  return urlOf(address, attributes.peerPort)
}

function urlOf(address: string, port: number): string {
  return `http://${bracketed(address)}:${port}`
}

/** etcd tells systemd that it is ready from 2.2 on. */
function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 2 || (major === 2 && minor < 2)
}

/** An IPv6 address within a URL. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

import {
  archive,
  authority,
  certificate,
  defineRecipe,
  directory,
  environmentLine,
  etcdKey,
  etcdMember,
  etcdRole,
  etcdUser,
  execLine,
  file,
  group,
  link,
  type RecipeContext,
  renderEnvFile,
  type Secret,
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

/** Text without control characters. */
const keyPattern = '^[^\\u0000-\\u001f\\u007f]+$'

/** Text without blanks and colons. */
const namePattern = '^[^\\s:\\u0000-\\u001f\\u007f]+$'

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
    discoverySrv: Type.Optional(
      Type.String({
        description:
          'a domain whose SRV records name the members, such as example.com; for their first start',
        pattern: '^[A-Za-z0-9.-]+$',
      }),
    ),
    discoveryToken: Type.Optional(
      Type.String({
        description:
          'an unused token at discoveryEndpoints, by which members of etcd 3.6 and later find each other',
        pattern: '^[A-Za-z0-9_-]+$',
      }),
    ),
    discoveryEndpoints: Type.Array(Type.String({ pattern: '^https?://[^\\s/]+$', description: 'a URL' }), {
      description: 'a list of URLs of another cluster of etcd, which has discoveryToken',
      default: [],
    }),
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
    tls: Type.Enum(['none', 'optional', 'required'], {
      description:
        'none, optional or required; with optional clients may use TLS, and peers have all that they need for it: the step between the other two',
      default: 'none',
    }),
    clientCertAuth: Type.Boolean({
      description:
        'whether clients need a certificate of the authority; without, TLS only hides what they say',
      default: true,
    }),
    authority: Type.String({
      description:
        'the key of a secret; the authority that clients trust, and of which their certificates are',
      default: `${instance}/ca`,
    }),
    peerAuthority: Type.String({
      description: 'the key of a secret; the authority of the certificates of peers, and of nothing else',
      default: `${instance}/peer-ca`,
    }),
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
    keys: Type.Record(
      Type.String({ pattern: keyPattern }),
      Type.Unsafe<string | Secret>(Type.String({ description: 'text; the value of the key' })),
      {
        additionalProperties: false,
        description: 'a map of keys, which are not empty, and their values; for etcd 3.4 or later',
        default: {},
      },
    ),
    roles: Type.Record(
      Type.String({ pattern: namePattern }),
      Type.Array(
        Type.Object({
          key: Type.String({ description: 'the key, or where a range begins', minLength: 1 }),
          prefix: Type.Optional(
            Type.Boolean({ description: 'true or false; true means all keys that begin so' }),
          ),
          to: Type.Optional(
            Type.String({ description: 'where the range ends; this key is not in it', minLength: 1 }),
          ),
          access: Type.Enum(['read', 'write', 'readwrite'], { description: 'read, write or readwrite' }),
        }),
        { description: 'a list of all that the role may do' },
      ),
      {
        additionalProperties: false,
        description:
          'a map of roles, whose names have neither blanks nor colons, and what they may do; for etcd 3.4 or later',
        default: {},
      },
    ),
    users: Type.Record(
      Type.String({ pattern: namePattern }),
      Type.Object({
        password: Type.Optional(
          Type.Unsafe<string | Secret>(
            Type.String({ description: 'text without blanks; the password', minLength: 1 }),
          ),
        ),
        roles: Type.Array(Type.String({ description: 'the name of a role' }), {
          description: 'a list of all roles of the user, which are in roles, or root',
          default: [],
        }),
      }),
      {
        additionalProperties: false,
        description:
          'a map of users, whose names have neither blanks nor colons, their passwords and roles; for etcd 3.4 or later',
        default: {},
      },
    ),
    extra: Type.Record(
      Type.String({ pattern: '^ETCD_[A-Z0-9_]+$' }),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      { description: 'a map of further variables of etcd, such as ETCD_QUOTA_BACKEND_BYTES', default: {} },
    ),
  })

type Context = RecipeContext<Static<ReturnType<typeof attributesOf>>>

const ownName = 'etcd'

type Scheme = 'http' | 'https'

/** etcd takes both on one port for clients, and one of them for peers. */
const clientSchemes = {
  none: ['http'],
  optional: ['http', 'https'],
  required: ['https'],
} as const satisfies Record<string, readonly Scheme[]>

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
    const bootstrap =
      attributes.mode === 'member' ? member(ctx, first) : file({ ...first, until: dataPath(ctx) })
    const certificates = tlsFiles(ctx)
    const files = variablesIn === 'unit' ? [] : [configuration, ...certificates.all, environment, bootstrap]
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
      restartOn: [release, ...certificates.readOnce, ...files.filter((one) => one === environment)],
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
    return [...account, data, ...binaries, release, ...tools, ...files, service, ...objects(ctx, service)]
  },
})

/** What the cluster has besides its members; all of them declare it, and one makes it. */
function objects(ctx: Context, service: ReturnType<typeof unit>) {
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

/** How a host reaches its own member. */
function connection(ctx: Context) {
  return {
    etcdctl: `${binDir(ctx)}/etcdctl`,
    connect: followsSpec(ctx) ? connect(ctx) : 'false',
    clientUrls: clientUrls(ctx),
    clientVariables: clientVariablesPath(ctx),
  }
}

/** Where its own member answers, the likeliest first. One that moves to TLS, or from it, has the other scheme until it restarts. */
function clientUrls({ attributes, host }: Context) {
  const schemes: readonly Scheme[] = attributes.tls === 'required' ? ['https', 'http'] : ['http', 'https']
  return schemes.map((scheme) => urlOf(host.address, attributes.clientPort, scheme))
}

/** From then on etcd has learners, and etcdctl takes passwords from stdin. */
function isAtLeast34(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 4)
}

function releasePath(instance: string, version: string): string {
  return `/opt/${instance}-${version}`
}

/** Whether members are added and removed: etcd has learners from 3.4 on. */
function followsSpec({ attributes: { version, mode, variablesIn } }: Context): boolean {
  return mode === 'member' && variablesIn === 'files' && isAtLeast34(version)
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
    ...connection(ctx),
    release: releasePath(instance, '{version}'),
    hasCertificates: attributes.tls !== 'none',
    self: memberOf(host),
    members: membersOf(ctx).map(memberOf),
    until: dataPath(ctx),
    data: `${dataDir}/member`,
    file: first.path,
    content: first.content,
    snapshots: `${platform.stateDir}/${instance}-snapshots`,
    ...discovery(ctx),
    restorer: `${releasePath(instance, version)}/${hasEtcdutl(ctx) ? 'etcdutl' : 'etcdctl'}`,
    token: tokenOf(ctx),
  })
}

/** Shell that sets `own` to etcdctl with the URL at which the member of this host answers, and `status` to what it says. */
function connect(ctx: Context): string {
  const variables = clientVariablesPath(ctx)
  return [
    `export ETCDCTL_API=3; if [ -f ${variables} ]; then set -a; . ${variables}; set +a; fi`,
    `for url in ${clientUrls(ctx).join(' ')}; do own="${binDir(ctx)}/etcdctl --endpoints=$url --dial-timeout=2s --command-timeout=4s"`,
    // Also a learner, and one without a quorum, has a status.
    'if status=$($own endpoint status -w json 2>/dev/null); then break; fi; status=; done; [ -n "$status" ]',
  ].join('; ')
}

function clientVariablesPath({ instance }: Context): string {
  return `/etc/${instance}/etcdctl.env`
}

function peerScheme(tls: Context['attributes']['tls']): Scheme {
  return tls === 'required' ? 'https' : 'http'
}

const etcdctlVariables = { ETCDCTL_CACERT: 'ca.crt', ETCDCTL_CERT: 'server.crt', ETCDCTL_KEY: 'server.key' }

/** Certificates of the member and of its authorities. etcd reads those of authorities at its start, the others at each connection. */
function tlsFiles(ctx: Context) {
  const { attributes, host, instance } = ctx
  const { authority: clients, peerAuthority: peers, user: owner, tls } = attributes
  if (tls === 'none') return { all: [], readOnce: [] }
  const names = [host.address, '127.0.0.1', ...(attributes.advertiseClientUrls ?? []).map(hostOf)]
  const server = ctx.secret(`${instance}/server/${host.name}`, certificate({ authority: clients, names }))
  const peer = ctx.secret(
    `${instance}/peer/${host.name}`,
    certificate({ authority: peers, names: [host.address] }),
  )
  const folder = directory({ path: tlsPath(ctx) })
  const inFolder = (name: string, content: string | Secret) =>
    file({
      path: `${folder.name}/${name}`,
      content,
      owner,
      group: owner,
      mode: name.endsWith('.key') ? '0600' : '0644',
    })
  const authorities = [
    inFolder('ca.crt', ctx.secret(clients, authority()).certificate),
    inFolder('peer-ca.crt', ctx.secret(peers, authority()).certificate),
  ]
  const own = [
    inFolder('server.crt', server.certificate),
    inFolder('server.key', server),
    inFolder('peer.crt', peer.certificate),
    inFolder('peer.key', peer),
  ]
  const client = file({
    path: clientVariablesPath(ctx),
    content: renderEnvFile(
      Object.fromEntries(
        Object.entries(etcdctlVariables).map(([name, path]) => [name, `${folder.name}/${path}`]),
      ),
    ),
  })
  return { all: [folder, ...authorities, ...own, client], readOnce: authorities }
}

function tlsPath({ instance }: Context): string {
  return `/etc/${instance}/tls`
}

function tlsVariables(ctx: Context): Record<string, string | boolean> {
  const { tls, clientCertAuth } = ctx.attributes
  const folder = tlsPath(ctx)
  if (tls === 'none') return {}
  return {
    ETCD_CERT_FILE: `${folder}/server.crt`,
    ETCD_KEY_FILE: `${folder}/server.key`,
    ...(clientCertAuth && { ETCD_CLIENT_CERT_AUTH: true, ETCD_TRUSTED_CA_FILE: `${folder}/ca.crt` }),
    ETCD_PEER_CERT_FILE: `${folder}/peer.crt`,
    ETCD_PEER_KEY_FILE: `${folder}/peer.key`,
    ETCD_PEER_CLIENT_CERT_AUTH: true,
    ETCD_PEER_TRUSTED_CA_FILE: `${folder}/peer-ca.crt`,
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
}

/** What a discovery service has, for a member without data: etcd refuses a wrong size and a used token only on its hosts, after all else. */
function discovery(ctx: Context): { readonly discovery?: string } {
  const { discovery: url, discoveryEndpoints, discoveryProxy, discoveryToken } = ctx.attributes
  const proxy = discoveryProxy === undefined ? '' : ` -x ${discoveryProxy}`
  const values = `grep -o '"value":"[^"]*"' | cut -d '"' -f 4`
  const withoutData = `[ ! -e ${dataPath(ctx)} ] && command -v curl >/dev/null`
  if (url !== undefined) {
    const get = `curl -fgsS -m 5${proxy} ${url}`
    return { discovery: `${withoutData} && ${get}/_config/size | ${values} && ${get} | ${values}` }
  }
  const [endpoint] = discoveryEndpoints
  if (discoveryToken === undefined || endpoint === undefined) return {}
  const range = (from: string, to?: string) =>
    `curl -fgsS -m 5 -d '${JSON.stringify({ key: base64(from), ...(to !== undefined && { range_end: base64(to) }) })}' ${endpoint}/v3/kv/range`
  const decoded = `${values} | while read -r value; do echo "$value" | base64 -d; echo; done`
  const registry = `/_etcd/registry/${discoveryToken}`
  return {
    discovery: `${withoutData} && ${range(`${registry}/_config/size`)} | ${decoded} && ${range(`${registry}/members/`, `${registry}/members0`)} | ${decoded}`,
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
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
  const { host, attributes } = ctx
  if (Number.parseInt(attributes.version, 10) < 3) return healthCheckOf2(ctx)
  const others = membersOf(ctx).filter(({ name }) => name !== host.name)
  const schemes = clientSchemes[attributes.tls]
  const all = others
    .flatMap(({ address }) => schemes.map((scheme) => urlOf(address, attributes.clientPort, scheme)))
    .join(',')
  // Members that are down must not use up the time that a check has.
  const status = `${binDir(ctx)}/etcdctl --endpoints=${all} --dial-timeout=1s --command-timeout=1s endpoint status -w json 2>/dev/null`
  // A learner answers nothing else than its status.
  const learner = `echo "$status" | grep -qE '"isLearner": ?true'`
  return [
    connect(ctx),
    'id=$(echo "$status" | sed -n \'s/.*"member_id": *\\([0-9]*\\).*/\\1/p\')',
    `{ ${learner} || { $own endpoint health && $own member list -w json | grep -qE "\\"ID\\": ?$id[,}]"; }; }`,
    `ids=$({ echo "$status"; ${all === '' ? ':' : status}; } | grep -o '"cluster_id":[0-9]*')`,
    'own=$(echo "$ids" | grep -cx "$(echo "$ids" | head -n 1)")',
    '[ $((2 * own)) -gt "$(echo "$ids" | wc -l)" ]',
  ].join(' && ')
}

/** etcdctl of etcd 2 asks over the v2 API, and asks other members if it may. */
function healthCheckOf2(ctx: Context): string {
  const url = urlOf(ctx.host.address, ctx.attributes.clientPort, 'http')
  const etcdctl = `${binDir(ctx)}/etcdctl --no-sync -C ${url}`
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
function bootstrapVariables(ctx: Context): Record<string, string> {
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

function peerUrl({ attributes }: Context, address: string): string {
  return urlOf(address, attributes.peerPort, peerScheme(attributes.tls))
}

function urlOf(address: string, port: number, scheme: Scheme): string {
  return `${scheme}://${bracketed(address)}:${port}`
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

import { type RecipeContext, type Secret, type Static, Type } from 'converge'

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

export const attributesOf = (instance: string) =>
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

export type Context = RecipeContext<Static<ReturnType<typeof attributesOf>>>

export const ownName = 'etcd'

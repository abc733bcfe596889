import {
  type Composite,
  defineRecipe,
  directory,
  environmentLine,
  familyOf,
  file,
  packageRepository,
  pkg,
  type RecipeContext,
  renderJson,
  type Static,
  Type,
  unit,
  type Value,
} from 'converge'

const Attributes = Type.Object({
  package: Type.Optional(
    Type.String({
      description:
        "the name of a package; by default that of the distribution, or docker-ce if it comes from Docker's own repository",
      pattern: '^[a-z0-9][a-z0-9+.-]*$',
    }),
  ),
  upstream: Type.Optional(
    Type.Object(
      {
        key: Type.String({
          description: 'the public key of the repository, as the file gpg beside it has it',
          minLength: 1,
        }),
        url: Type.String({
          description: 'the URL of the repository, or of a mirror, without the system at its end',
          pattern: '^https?://.*[^/]$',
          default: 'https://download.docker.com/linux',
        }),
        suite: Type.Optional(
          Type.String({
            description:
              'the name of the release there, such as bookworm; by default the one that belongs to platform.release',
            pattern: '^[a-z0-9.]+$',
          }),
        ),
      },
      { description: "a map; the package comes from Docker's own repository, which this describes" },
    ),
  ),
  version: Type.Optional(
    Type.String({ description: 'the whole version of the package; any version by default' }),
  ),
  dataRoot: Type.Optional(
    Type.String({ description: 'an absolute path; images and containers are kept there', pattern: '^/' }),
  ),
  httpProxy: Type.Optional(
    Type.String({
      description: 'the URL of a proxy, such as http://proxy.example.com:8080',
      pattern: '^https?://',
    }),
  ),
  noProxy: Type.Array(Type.String({ pattern: '^[^,\\s]+$', description: 'a name, an address or a domain' }), {
    description:
      'a list of hosts and domains that are reached without the proxy; the hosts of the cluster are added',
    default: [],
  }),
  registryMirrors: Type.Array(Type.String({ pattern: '^https?://', description: 'a URL' }), {
    description: 'a list of URLs; mirrors of Docker Hub, in order',
    default: [],
  }),
  insecureRegistries: Type.Array(Type.String(), {
    description: 'a list of registries, as host:port, that are reached without TLS',
    default: [],
  }),
  logMaxSize: Type.String({
    description: 'a size, such as 10m; a log file of a container is rotated when it has this size',
    pattern: '^[1-9][0-9]*[kmg]$',
    default: '10m',
  }),
  logMaxFiles: Type.Integer({
    description: 'a whole number from 1; how many log files of a container are kept',
    minimum: 1,
    default: 3,
  }),
  liveRestore: Type.Boolean({
    description: 'true or false; whether containers go on while the daemon restarts',
    default: true,
  }),
  settings: Type.Record(Type.String(), Type.Unsafe<Value>({}), {
    description: 'a map of further settings of daemon.json, such as { bip: 10.9.0.1/24 }',
    default: {},
  }),
})

type Context = RecipeContext<Static<typeof Attributes>>

/** Docker as the distribution or Docker packages it, with its daemon.json. */
export default defineRecipe({
  name: 'docker',
  attributes: Attributes,
  resources(ctx) {
    const { version, dataRoot } = ctx.attributes
    const httpProxy = ctx.attributes.httpProxy ?? proxyOfHost(ctx)
    const name = packageOf(ctx)
    const packages =
      name === undefined
        ? []
        : [
            ...upstreamOf(ctx),
            // Debian's kernels have AppArmor, and Docker then starts no container without it.
            ...(familyOf(ctx.platform) === 'debian' ? [pkg({ name: 'apparmor' })] : []),
            pkg({ name, ...(version !== undefined && { version }) }),
          ]
    const folder = directory({ path: '/etc/docker' })
    const roots = dataRoot === undefined ? [] : [directory({ path: dataRoot, mode: '0710' })]
    const settings = file({
      path: '/etc/docker/daemon.json',
      content: renderJson(daemonSettings(ctx)),
      // dockerd checks its configuration from version 23 on.
      validate: '! dockerd --help 2>/dev/null | grep -q -e --validate || dockerd --validate --config-file {}',
      after: packages,
    })
    const service = unit({
      name: 'docker.service',
      ...(httpProxy !== undefined && {
        dropIns: { '10-proxy': { Service: { Environment: proxyLine(ctx, httpProxy) } } },
      }),
      enabled: true,
      started: true,
      after: packages,
      restartOn: [settings],
    })
    return [...packages, folder, ...roots, settings, service]
  },
})

/** What the recipe base says of the host. */
function proxyOfHost({ host }: Context): string | undefined {
  const proxy: unknown = Reflect.get(Object(host.attributes.base), 'httpProxy')
  return typeof proxy === 'string' ? proxy : undefined
}

/** What Docker's repository calls the releases of Debian and Ubuntu. */
const suites: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: { 11: 'bullseye', 12: 'bookworm', 13: 'trixie' },
  ubuntu: { '22.04': 'jammy', '24.04': 'noble' },
}

/** Docker's repository for the system, if it is asked for. */
function upstreamOf(ctx: Context): readonly Composite[] {
  const { upstream } = ctx.attributes
  if (upstream === undefined) return []
  const { key, url, suite } = upstream
  const { os = '', release = '' } = ctx.platform
  const family = familyOf(ctx.platform)
  if (family === 'debian') {
    const named = suite ?? suites[os]?.[release]
    if (named === undefined)
      return ctx.fail(
        `the name of ${os} ${release} in Docker's repository is not known`,
        'set docker.upstream.suite, such as bookworm',
      )
    return [
      packageRepository({
        name: 'docker',
        url: `${url}/${os}`,
        key,
        suites: [named],
        components: ['stable'],
      }),
    ]
  }
  if (family !== 'rhel')
    return ctx.fail(
      `Docker has no repository for ${os === '' ? 'a host without platform.os' : os}`,
      'remove docker.upstream, or declare platform.os',
    )
  const system = ['fedora', 'rhel'].includes(os) ? os : 'centos'
  const [major = ''] = release.split('.')
  return [
    packageRepository({ name: 'docker', url: `${url}/${system}/${suite ?? major}/$basearch/stable`, key }),
  ]
}

/** Undefined if Docker is a part of the system. */
function packageOf({ attributes, platform, host, fail }: Context): string | undefined {
  if (attributes.package !== undefined) return attributes.package
  if (attributes.upstream !== undefined) return 'docker-ce'
  const { os } = platform
  const known: Readonly<Record<string, string | undefined>> = {
    debian: 'docker.io',
    ubuntu: 'docker.io',
    fedora: 'moby-engine',
    'opensuse-leap': 'docker',
    'opensuse-tumbleweed': 'docker',
    alpine: 'docker',
    flatcar: undefined,
  }
  if (os !== undefined && Object.hasOwn(known, os)) return known[os]
  return fail(
    os === undefined
      ? `the system of ${host.name} is not declared, and the package of Docker depends on it`
      : `${os} has no package of Docker of its own`,
    os === undefined
      ? 'add `platform: { os: debian }`, or set docker.package'
      : 'set docker.upstream with the key of its repository, or docker.package',
  )
}

function daemonSettings({ attributes, fail }: Context): { readonly [key: string]: Value } {
  const { dataRoot, registryMirrors, insecureRegistries, logMaxSize, logMaxFiles, liveRestore, settings } =
    attributes
  const own = {
    ...(dataRoot !== undefined && { 'data-root': dataRoot }),
    ...(registryMirrors.length > 0 && { 'registry-mirrors': registryMirrors }),
    ...(insecureRegistries.length > 0 && { 'insecure-registries': insecureRegistries }),
    'live-restore': liveRestore,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': logMaxSize, 'max-file': String(logMaxFiles) },
  }
  const twice = Object.keys(settings).find((name) => Object.hasOwn(own, name) && !name.startsWith('log-'))
  if (twice !== undefined)
    fail(
      `docker.settings has ${twice}, which the recipe sets itself`,
      `remove it there; the recipe has an attribute for it`,
    )
  const isOtherLog = settings['log-driver'] !== undefined && settings['log-driver'] !== 'json-file'
  const { 'log-opts': _, ...withoutOptions } = own
  return { ...(isOtherLog ? withoutOptions : own), ...settings }
}

function proxyLine(ctx: Context, proxy: string) {
  const own = ctx.hosts().flatMap(({ name, address }) => [name, address])
  const direct = [...new Set(['localhost', '127.0.0.1', ...own, ...ctx.attributes.noProxy])].join(',')
  return environmentLine({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: direct })
}

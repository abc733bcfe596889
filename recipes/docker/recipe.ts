import {
  defineRecipe,
  directory,
  environmentLine,
  file,
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
        "the name of a package, such as docker-ce of Docker's own repository; by default that of the distribution",
      pattern: '^[a-z0-9][a-z0-9+.-]*$',
    }),
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
    const packages = name === undefined ? [] : [pkg({ name, ...(version !== undefined && { version }) })]
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

/** Undefined if Docker is a part of the system. */
function packageOf({ attributes, platform, host, fail }: Context): string | undefined {
  if (attributes.package !== undefined) return attributes.package
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
      : "declare Docker's repository, and set docker.package to docker-ce",
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

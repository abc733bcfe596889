import {
  archive,
  defineRecipe,
  directory,
  execLine,
  file,
  type RecipeContext,
  type Static,
  Type,
  unit,
} from 'converge'

const Attributes = Type.Object({
  version: Type.String({
    description: 'a version of fleet without the v, such as "1.0.0"',
    pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$',
  }),
  sha256: Type.String({
    description: 'the SHA-256 of the archive, as sha256sum prints it',
    pattern: '^[0-9a-f]{64}$',
  }),
  url: Type.String({
    description: 'the URL of the archive; {version} and {arch} are replaced by those of the host',
    default:
      'https://github.com/coreos/fleet/releases/download/v{version}/fleet-v{version}-linux-{arch}.tar.gz',
  }),
  etcdServers: Type.Optional(
    Type.Array(Type.String({ pattern: '^https?://', description: 'a URL' }), {
      description:
        "a list of URLs of etcd's clients; by default the members of the recipe etcd, this host's own first",
      minItems: 1,
    }),
  ),
  publicIp: Type.Optional(
    Type.String({
      description: 'the IP address that fleetctl reaches this host by; the address of the host by default',
    }),
  ),
  metadata: Type.Record(
    Type.String({ pattern: '^[^=,\\s]+$' }),
    Type.String({
      pattern: '^[^=,"\\\\]+$',
      description: 'text without commas, equals signs, quotes and backslashes',
    }),
    {
      description: 'a map of what units select hosts by, in addition to the labels of the host',
      default: {},
    },
  ),
  settings: Type.Record(
    Type.String({ pattern: '^[a-z_]+$' }),
    Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
    { description: 'a map of further settings of fleet.conf, such as { agent_ttl: 60s }', default: {} },
  ),
})

type Context = RecipeContext<Static<typeof Attributes>>

/** fleetd on top of etcd 2 to 3.5, whose v2 API it needs. */
export default defineRecipe({
  name: 'fleet',
  attributes: Attributes,
  resources(ctx) {
    const { version, sha256 } = ctx.attributes
    const release = archive({
      url: archiveUrl(ctx),
      sha256,
      path: `/opt/fleet-${version}`,
      binaries: ['fleetd', 'fleetctl'],
      binDir: ctx.platform.binDir,
    })
    const folder = directory({ path: '/etc/fleet' })
    const settings = file({ path: `${folder.name}/fleet.conf`, content: settingsText(ctx) })
    const isMember = ctx.hosts({ recipe: 'etcd' }).some(({ name }) => name === ctx.host.name)
    const etcd = isMember ? ' etcd.service' : ''
    const service = unit({
      name: 'fleet.service',
      content: {
        Unit: {
          Description: 'fleet daemon',
          Wants: `network-online.target${etcd}`,
          After: `network-online.target${etcd}`,
        },
        Service: {
          ExecStart: execLine([`${ctx.platform.binDir}/fleetd`, `--config=${settings.name}`]),
          ExecReload: '/bin/kill -HUP $MAINPID',
          Restart: 'always',
          RestartSec: 10,
        },
        Install: { WantedBy: 'multi-user.target' },
      },
      enabled: true,
      started: true,
      after: isMember ? ['unit[etcd.service]'] : [],
      restartOn: [release, settings],
    })
    return [release, folder, settings, service]
  },
})

function archiveUrl({ attributes, platform, host, fail }: Context): string {
  const { url, version } = attributes
  if (url.includes('{arch}') && platform.arch === undefined)
    fail(
      `the architecture of ${host.name} is not declared, and the archive depends on it`,
      'add `platform: { arch: amd64 }` to the cluster, the role or the host',
    )
  return url.replaceAll('{version}', version).replaceAll('{arch}', platform.arch ?? '')
}

/** fleet.conf is an INI file without sections, whose values are as in JSON. */
function settingsText(ctx: Context): string {
  const { attributes, host, fail } = ctx
  const { publicIp = host.address, metadata, settings } = attributes
  const all = Object.entries({ ...host.labels, ...metadata }).toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  )
  const own = {
    etcd_servers: JSON.stringify(etcdServers(ctx)),
    public_ip: JSON.stringify(publicIp),
    ...(all.length > 0 && {
      metadata: JSON.stringify(all.map(([key, value]) => `${key}=${value}`).join(',')),
    }),
  }
  const twice = Object.keys(settings).find((name) => Object.hasOwn(own, name))
  if (twice !== undefined)
    fail(`fleet.settings has ${twice}, which the recipe sets itself`, `remove ${twice}`)
  const others = Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])
  return [...Object.entries(own), ...others].map(([name, value]) => `${name}=${value}\n`).join('')
}

function etcdServers(ctx: Context): readonly string[] {
  if (ctx.attributes.etcdServers !== undefined) return ctx.attributes.etcdServers
  const members = ctx.hosts({ recipe: 'etcd' }).map(({ name, address, attributes }) => {
    const isOwn = name === ctx.host.name
    const port = Reflect.get(Object(attributes.etcd), 'clientPort')
    const at = isOwn ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address
    return { isOwn, url: `http://${at}:${port}` }
  })
  if (members.length === 0)
    ctx.fail(
      'fleet needs etcd, and no host runs it',
      'add the recipe etcd to some hosts, or set fleet.etcdServers',
    )
  return [...members.filter(({ isOwn }) => isOwn), ...members.filter(({ isOwn }) => !isOwn)].map(
    ({ url }) => url,
  )
}

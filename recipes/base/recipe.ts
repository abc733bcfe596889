import {
  block,
  type Composite,
  command,
  defineRecipe,
  directory,
  familyOf,
  file,
  hostname,
  locale,
  pkg,
  type RecipeContext,
  type Resource,
  type Static,
  swapFile,
  sysctl,
  Type,
  timezone,
  unit,
} from 'converge'

const Url = (use: string) =>
  Type.Optional(
    Type.String({
      description: `the URL of a proxy, such as http://proxy.example.com:8080; ${use}`,
      pattern: '^https?://[^\\s"\']+$',
    }),
  )

const Attributes = Type.Object({
  hostname: Type.Boolean({
    description: 'true or false; whether the hostname is the name of the host in the spec',
    default: true,
  }),
  hostsFile: Type.Boolean({
    description:
      'true or false; whether /etc/hosts begins with a block that has all hosts of the cluster; the rest of it stays',
    default: true,
  }),
  hosts: Type.Record(
    Type.String({ pattern: '^[0-9A-Fa-f.:]+$' }),
    Type.Array(Type.String({ pattern: '^[A-Za-z0-9._-]+$', description: 'a name without blanks' }), {
      minItems: 1,
    }),
    {
      description: 'a map from addresses to lists of names; further lines of that block',
      default: {},
    },
  ),
  swapMb: Type.Integer({
    description: 'a whole number of mebibytes from 0; the size of /swapfile, none if 0',
    minimum: 0,
    default: 0,
  }),
  memoryMb: Type.Optional(
    Type.Integer({
      description: "a whole number of mebibytes from 1; the host's memory, to check swapMb against",
      minimum: 1,
    }),
  ),
  diskMb: Type.Optional(
    Type.Integer({
      description:
        "a whole number of mebibytes from 1; the size of the host's root file system, to check swapMb against",
      minimum: 1,
    }),
  ),
  sysctl: Type.Record(Type.String(), Type.Union([Type.Integer(), Type.String()]), {
    description: 'a map of kernel parameters, such as { vm.max_map_count: 262144 }',
    default: {},
  }),
  timezone: Type.String({
    description: 'the name of a time zone, such as UTC or Europe/Berlin',
    default: 'UTC',
  }),
  locale: Type.Optional(Type.String({ description: 'the name of a locale, such as C.UTF-8' })),
  timeService: Type.Optional(
    Type.Enum(['systemd-timesyncd', 'chrony', 'none'], {
      description:
        "systemd-timesyncd, chrony or none; the others are masked. By default chrony in RHEL's family, else systemd-timesyncd",
    }),
  ),
  timeServers: Type.Array(
    Type.String({ pattern: '^[A-Za-z0-9.:-]+$', description: 'a name or an address' }),
    {
      description: "a list of names or addresses of time servers; the distribution's by default",
      default: [],
    },
  ),
  clockCheck: Type.Boolean({
    description:
      'true or false; whether converge waits for a clock that the time service has set, and fails after a minute; containers have the clock of their machine',
    default: true,
  }),
  motd: Type.Optional(Type.String({ description: 'text that is shown after a login' })),
  httpProxy: Url('for shells, units and the package manager'),
  noProxy: Type.Array(
    Type.String({ pattern: '^[^,\\s"\']+$', description: 'a name, an address or a domain' }),
    {
      description:
        'a list of hosts and domains that are reached without the proxy; the hosts of the cluster are added',
      default: [],
    },
  ),
  unattendedUpgrades: Type.Boolean({
    description: 'true or false; whether security updates are installed by themselves',
    default: false,
  }),
  journalMaxMb: Type.Integer({
    description: 'a whole number of mebibytes from 16; how large the journal may become',
    minimum: 16,
    default: 500,
  }),
})

type Context = RecipeContext<Static<typeof Attributes>>
type Parts = readonly (Resource | Composite)[]

/** What every host has, whatever it is for. */
export default defineRecipe({
  name: 'base',
  attributes: Attributes,
  resources(ctx) {
    const { attributes, host } = ctx
    return [
      ...(attributes.hostname ? [hostname({ name: host.name })] : []),
      ...hostsFileOf(ctx),
      timezone({ name: attributes.timezone }),
      ...(attributes.locale === undefined ? [] : [locale({ lang: attributes.locale })]),
      ...swapOf(ctx),
      ...(Object.keys(attributes.sysctl).length === 0
        ? []
        : [sysctl({ name: '60-base', settings: attributes.sysctl })]),
      ...(attributes.motd === undefined
        ? []
        : [file({ path: '/etc/motd', content: ended(attributes.motd) })]),
      ...proxyOf(ctx),
      ...timeOf(ctx),
      ...journalOf(ctx),
      ...upgradesOf(ctx),
    ]
  },
})

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

function isDebian({ platform }: Context): boolean {
  return familyOf(platform) === 'debian'
}

function isRhel({ platform }: Context): boolean {
  return familyOf(platform) === 'rhel'
}

function hostsFileOf(ctx: Context): Parts {
  const { attributes, host } = ctx
  if (!attributes.hostsFile) return []
  const all = ctx.hosts().filter(({ address }) => /^[0-9.]+$|:/.test(address))
  const own = all.some(({ name }) => name === host.name) ? [] : [`127.0.1.1 ${host.name}`]
  const lines = [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    ...own,
    ...all.map(({ name, address }) => `${address} ${name}`),
    ...Object.entries(attributes.hosts).map(([address, names]) => `${address} ${names.join(' ')}`),
  ]
  // Of several lines with a name the first one is taken, and distributions put the host's own name on 127.0.1.1.
  return [block({ path: '/etc/hosts', name: 'hosts', at: 'start', content: lines.join('\n') })]
}

function swapOf({ attributes: { swapMb, memoryMb, diskMb }, fail }: Context): Parts {
  if (swapMb === 0) return []
  if (memoryMb !== undefined && swapMb > 4 * memoryMb)
    fail(
      `${swapMb} MB of swap are more than four times the memory of ${memoryMb} MB`,
      'a host that swaps so much no longer answers; lower base.swapMb',
    )
  if (diskMb !== undefined && swapMb > diskMb / 4)
    fail(
      `${swapMb} MB of swap are more than a quarter of the disk of ${diskMb} MB`,
      'lower base.swapMb; what else is on the disk needs the space',
    )
  return [swapFile({ path: '/swapfile', sizeMb: swapMb })]
}

function proxyOf(ctx: Context): Parts {
  const { httpProxy, noProxy } = ctx.attributes
  if (httpProxy === undefined) return []
  const own = ctx.hosts().flatMap(({ name, address }) => [name, address])
  const direct = [...new Set(['localhost', '127.0.0.1', '::1', ...own, ...noProxy])].join(',')
  const variables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [
    name,
    httpProxy,
  ])
  const all = [...variables, ...['no_proxy', 'NO_PROXY'].map((name) => [name, direct])]
  const apt = ['http', 'https'].map((scheme) => `Acquire::${scheme}::Proxy "${httpProxy}";\n`).join('')
  return [
    file({
      path: '/etc/profile.d/proxy.sh',
      content: all.map(([name, value]) => `export ${name}='${value}'\n`).join(''),
    }),
    // Units that start later get it; a reload of the manager is enough for that.
    directory({ path: '/etc/systemd/system.conf.d' }),
    file({
      path: '/etc/systemd/system.conf.d/10-proxy.conf',
      content: `[Manager]\nDefaultEnvironment=${all.map(([name, value]) => `"${name}=${value?.replaceAll('%', '%%')}"`).join(' ')}\n`,
    }),
    ...(isDebian(ctx) ? [file({ path: '/etc/apt/apt.conf.d/95proxy', content: apt })] : []),
  ]
}

function timeOf(ctx: Context): Parts {
  const { timeServers, timeService = isRhel(ctx) ? 'chrony' : 'systemd-timesyncd' } = ctx.attributes
  if (timeService === 'none') return []
  const chronyUnit = isDebian(ctx) ? 'chrony.service' : 'chronyd.service'
  const others = ['ntp.service', 'ntpsec.service', 'openntpd.service']
  const masked = (names: readonly string[]) => names.map((name) => unit({ name, masked: true }))
  if (timeService === 'systemd-timesyncd') {
    const settings = file({
      path: '/etc/systemd/timesyncd.conf.d/10-servers.conf',
      content: `[Time]\nNTP=${timeServers.join(' ')}\n`,
    })
    const isNamed = timeServers.length > 0
    return [
      ...masked([chronyUnit, ...others]),
      ...(isDebian(ctx) ? [pkg({ name: 'systemd-timesyncd' })] : []),
      ...(isNamed ? [directory({ path: '/etc/systemd/timesyncd.conf.d' }), settings] : []),
      unit({
        name: 'systemd-timesyncd.service',
        enabled: true,
        started: true,
        restartOn: isNamed ? [settings] : [],
      }),
      // It sets a clock that is off by more than 0.4 s at once, and slows down or speeds up any other.
      ...clockCheck(ctx, '[ "$(timedatectl show --property NTPSynchronized --value)" = yes ]'),
    ]
  }
  const sources = file({
    path: isDebian(ctx) ? '/etc/chrony/sources.d/converge.sources' : '/etc/chrony.d/converge.sources',
    content: timeServers.map((name) => `server ${name} iburst\n`).join(''),
  })
  const isNamed = isDebian(ctx) && timeServers.length > 0
  return [
    ...masked(['systemd-timesyncd.service', ...others]),
    pkg({ name: 'chrony' }),
    ...(isNamed ? [sources] : []),
    unit({ name: chronyUnit, enabled: true, started: true, restartOn: isNamed ? [sources] : [] }),
    ...clockCheck(ctx, 'chronyc waitsync 1 0.5 >/dev/null'),
  ]
}

function clockCheck({ attributes }: Context, isRight: string): Parts {
  if (!attributes.clockCheck) return []
  const wait = `for second in $(seq 60); do
  ${isRight} && exit 0
  sleep 1
done
echo 'no time server has answered for a minute: the clock may be wrong, and certificates and elections need a right one.' >&2
echo 'Set base.timeServers to servers that this host reaches, or base.clockCheck to false.' >&2
exit 1`
  return [
    command({
      name: 'wait until the clock is set',
      command: wait,
      unless: `systemd-detect-virt --container --quiet || ${isRight}`,
      timeoutSeconds: 90,
      live: true,
    }),
  ]
}

function journalOf({ attributes }: Context): Parts {
  const settings = file({
    path: '/etc/systemd/journald.conf.d/10-limits.conf',
    content: `[Journal]\nSystemMaxUse=${attributes.journalMaxMb}M\n`,
  })
  return [
    directory({ path: '/etc/systemd/journald.conf.d' }),
    settings,
    unit({ name: 'systemd-journald.service', restartOn: [settings] }),
  ]
}

function upgradesOf(ctx: Context): Parts {
  if (!ctx.attributes.unattendedUpgrades) return []
  if (isDebian(ctx))
    return [
      pkg({ name: 'unattended-upgrades' }),
      file({
        path: '/etc/apt/apt.conf.d/20auto-upgrades',
        content: 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n',
      }),
      ...['apt-daily.timer', 'apt-daily-upgrade.timer'].map((name) =>
        unit({ name, masked: false, enabled: true, started: true }),
      ),
    ]
  if (!isRhel(ctx))
    ctx.fail(
      `unattended upgrades are not known for ${ctx.platform.os ?? 'a host without platform.os'}`,
      'set base.unattendedUpgrades to false, or declare platform.os',
    )
  return [
    pkg({ name: 'dnf-automatic' }),
    unit({ name: 'dnf-automatic-install.timer', enabled: true, started: true }),
  ]
}

import { ConvergeError } from '../../model/errors.ts'
import { type Algorithms, algorithmsOf } from './algorithms.ts'
import {
  askConfig,
  connectTimeoutMs,
  DEFAULT_USER_KNOWN_HOSTS,
  files,
  first,
  hostKeyChecking,
  isNone,
  located,
  parseJump,
  type RouteOptions,
  refuseOtherThanNames,
} from './ask-config.ts'
import type { SshEnvironment } from './config.ts'
import { expandAll, expandHome } from './expand.ts'
import { keywords, obstacles, type SshConfig } from './keywords.ts'

/** One hop with all settings, from the spec, else ssh_config, else OpenSSH's defaults. */
export interface SshRoute {
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** 4 or 6 if only such addresses may be used, else 0. */
  readonly addressFamily: 0 | 4 | 6
  /** Name or address of this machine to connect from. */
  readonly bindAddress: string | undefined
  readonly identityFiles: readonly string[]
  /** Whether the spec names the identity file: then it must exist, and no other key is offered. */
  readonly identityRequired: boolean
  readonly identitiesOnly: boolean
  readonly agentSocket: string | undefined
  /** Ways to log in that ssh_config sets and converge does not have. */
  readonly unusedWays: readonly string[]
  readonly algorithms: Algorithms
  readonly requiredRsaBits: number
  /** In OpenSSH's order of lookup. */
  readonly knownHostsFiles: readonly string[]
  /** Where new keys are recorded, if anywhere. */
  readonly newKeysFile: string | undefined
  /** Whether that file is the user's own; one that only the spec names may be any file. */
  readonly isOwnFile: boolean
  readonly revokedKeysFile: string | undefined
  readonly hostKeyAlias: string | undefined
  readonly hostKeyChecking: 'yes' | 'accept-new'
  /** HashKnownHosts. Asked for late: the system's ssh_config often sets nothing else. */
  readonly recordedForm: () => Promise<'plain' | 'hashed'>
  readonly connectTimeoutMs: number
  /** Hops on the way, nearest first. */
  readonly jumps: readonly SshRoute[]
}

/** In OpenSSH's order. */
const DEFAULT_IDENTITIES = ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk']
const DEFAULT_SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2'
const DEFAULT_RSA_BITS = 1024
const FAMILIES: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 }

/** Decides how an address is reached, jump hosts included. */
export function resolveRoute(options: RouteOptions): Promise<SshRoute> {
  return routeTo(options, new Set())
}

/** A file that the spec names is read by others as well: its names stay readable. */
async function recordedForm({ address, ssh, configs }: RouteOptions): Promise<'plain' | 'hashed'> {
  if (ssh.knownHostsFile !== undefined) return 'plain'
  const config = await configs.read({ address, user: ssh.user, port: ssh.port }, 'records')
  return first(config, 'hashknownhosts') === 'yes' ? 'hashed' : 'plain'
}

async function routeTo(options: RouteOptions, onTheWay: ReadonlySet<string>): Promise<SshRoute> {
  const { address, ssh, environment } = options
  refuseOtherThanNames(options)
  const config = await readConfig(options)
  const hostname = (first(config, 'hostname') ?? address.toLowerCase()).replace(/^\[(.*)\]$/, '$1')
  const user = ssh.user ?? first(config, 'user') ?? environment.userName
  const port = ssh.port ?? Number(first(config, 'port') ?? 22)
  const hostKeyAlias = first(config, 'hostkeyalias')
  const source = { address, hostname, user, port, hostKeyAlias }
  const path = (file: string) => located(options, file, () => expandAll(file, source, environment))
  // `ssh -G` has already expanded the tokens of these, or there are none.
  const plainPath = (file: string) => located(options, file, () => expandHome(file, environment))
  const ownFiles = files(config, 'userknownhostsfile', DEFAULT_USER_KNOWN_HOSTS).map(plainPath)
  const userFiles = ssh.knownHostsFile === undefined ? ownFiles : [path(ssh.knownHostsFile)]
  const [newKeysFile] = userFiles
  const systemFiles =
    ssh.knownHostsFile === undefined
      ? files(config, 'globalknownhostsfile', DEFAULT_SYSTEM_KNOWN_HOSTS).map(plainPath)
      : []
  const revokedKeysFile = first(config, 'revokedhostkeys')
  const identityFiles =
    ssh.identityFile === undefined
      ? (config.get('identityfile') ?? DEFAULT_IDENTITIES.map((type) => `~/.ssh/id_${type}`))
      : [ssh.identityFile]
  return {
    hostname,
    port,
    user,
    addressFamily: FAMILIES[first(config, 'addressfamily') ?? ''] ?? 0,
    bindAddress: first(config, 'bindaddress'),
    identityFiles: identityFiles.filter((file) => !isNone(file)).map(path),
    identityRequired: ssh.identityFile !== undefined,
    identitiesOnly: first(config, 'identitiesonly') === 'yes',
    agentSocket: agentSocket(config, environment, path),
    unusedWays: [...config.keys()].filter(
      (keyword) => keywords.get(keyword)?.is === 'unused' && first(config, keyword) !== undefined,
    ),
    algorithms: located(options, 'the algorithms', () => algorithmsOf(config)),
    requiredRsaBits: Number(first(config, 'requiredrsasize') ?? DEFAULT_RSA_BITS),
    knownHostsFiles: [...userFiles, ...systemFiles],
    newKeysFile,
    isOwnFile: newKeysFile !== undefined && ownFiles.includes(newKeysFile),
    revokedKeysFile: revokedKeysFile === undefined ? undefined : plainPath(revokedKeysFile),
    hostKeyAlias,
    hostKeyChecking: hostKeyChecking(ssh, config),
    recordedForm: () => recordedForm(options),
    connectTimeoutMs: connectTimeoutMs(ssh, config),
    jumps: await jumpRoutes(options, config, onTheWay),
  }
}

/** The settings of the address, if converge can keep all of them. */
async function readConfig(options: RouteOptions): Promise<SshConfig> {
  const { host, ssh, configs } = options
  const config = await askConfig(options)
  for (const { keyword, because, remedy } of obstacles(config)) {
    const values = config.get(keyword) ?? []
    if (keyword === 'proxycommand' && ssh.proxyJump !== undefined) continue
    if (await configs.isBuiltIn(keyword, values)) continue
    const place = await configs.placeOf(keyword)
    const where = place === undefined ? '' : ` (${place})`
    const message = `ssh_config sets ${keyword} to \`${values.join(' ')}\`${where}, and ${because}`
    throw new ConvergeError('unsupported', message, { host, step: 'connect', remedy })
  }
  return config
}

/** The hops of `a,b`, after those that the first hop's own configuration puts before it. */
async function jumpRoutes(
  options: RouteOptions,
  config: SshConfig,
  onTheWay: ReadonlySet<string>,
): Promise<readonly SshRoute[]> {
  const written = options.ssh.proxyJump ?? first(config, 'proxyjump') ?? 'none'
  if (written === 'none') return []
  const passed = new Set([...onTheWay, hopName(options.address, options.ssh.port)])
  const routes: SshRoute[] = []
  for (const [index, text] of written.split(',').entries()) {
    const jump = parseJump(text.trim(), options.host)
    // A ProxyJump of `Host *` applies to the jump host as well, which must not be reached through itself.
    const name = hopName(jump.address, jump.ssh.port)
    if (passed.has(name)) continue
    // User, port and route are the jump's own; keys are found and checked as for the host behind it.
    const { user: _user, port: _port, proxyJump: _proxyJump, ...inherited } = options.ssh
    const ssh = { ...inherited, ...jump.ssh, ...(index === 0 ? {} : { proxyJump: 'none' }) }
    const { jumps, ...route } = await routeTo({ ...options, address: jump.address, ssh }, passed)
    routes.push(...jumps, { ...route, jumps: [] })
    passed.add(name)
  }
  return routes
}

function hopName(address: string, port: number | undefined): string {
  return `${address}:${port ?? ''}`
}

function agentSocket(
  config: SshConfig,
  { variables }: SshEnvironment,
  path: (file: string) => string,
): string | undefined {
  const [configured = 'SSH_AUTH_SOCK'] = config.get('identityagent') ?? []
  if (isNone(configured)) return undefined
  const [, variable] =
    /^\$([a-z_]\w*)$/i.exec(configured === 'SSH_AUTH_SOCK' ? `$${configured}` : configured) ?? []
  return variable === undefined ? path(configured) : variables[variable] || undefined
}

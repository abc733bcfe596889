import { join, resolve } from 'node:path'

import { ConvergeError } from '../../model/errors.ts'
import type { SshSettings } from '../../model/targets/ssh.ts'

import type { SshConfig, SshConfigQuery, SshEnvironment } from './config.ts'

/** One hop with all settings, from the spec, else ssh_config, else OpenSSH's defaults. */
export interface SshRoute {
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[]
  /** Whether the spec names the identity file: then it must exist, and no other key is offered. */
  readonly identityRequired: boolean
  readonly identitiesOnly: boolean
  readonly agentSocket: string | undefined
  /** In OpenSSH's order of lookup; new keys are recorded in the first. */
  readonly knownHostsFiles: readonly string[]
  readonly hostKeyAlias: string | undefined
  readonly hostKeyChecking: 'yes' | 'accept-new'
  readonly connectTimeoutMs: number
  /** Hops on the way, nearest first. */
  readonly jumps: readonly SshRoute[]
}

export interface RouteOptions {
  /** Name of the host in the spec, for errors. */
  readonly host: string
  readonly address: string
  readonly ssh: SshSettings
  readonly environment: SshEnvironment
  readonly readConfig: (query: SshConfigQuery) => Promise<SshConfig>
}

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa']
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/** Decides how an address is reached, jump hosts included. */
export function resolveRoute(options: RouteOptions): Promise<SshRoute> {
  return routeTo(options, new Set())
}

async function routeTo(options: RouteOptions, onTheWay: ReadonlySet<string>): Promise<SshRoute> {
  const { address, ssh, environment } = options
  const config = await readConfig(options)
  const hostname = (first(config, 'hostname') ?? address).replace(/^\[(.*)\]$/, '$1')
  const user = ssh.user ?? first(config, 'user') ?? environment.userName
  const port = ssh.port ?? Number(first(config, 'port') ?? 22)
  const path = (file: string) => expandPath(file, { address, hostname, user, port }, environment)
  const identityAgent = first(config, 'identityagent') ?? 'SSH_AUTH_SOCK'
  const configuredTimeout = Number(first(config, 'connecttimeout'))
  return {
    hostname,
    port,
    user,
    identityFiles:
      ssh.identityFile === undefined
        ? (config.get('identityfile') ?? DEFAULT_IDENTITIES.map((name) => `~/.ssh/${name}`)).map(path)
        : [path(ssh.identityFile)],
    identityRequired: ssh.identityFile !== undefined,
    identitiesOnly: first(config, 'identitiesonly') === 'yes',
    agentSocket: agentSocket(identityAgent, environment, path),
    knownHostsFiles:
      ssh.knownHostsFile === undefined ? configuredKnownHosts(config).map(path) : [path(ssh.knownHostsFile)],
    hostKeyAlias: first(config, 'hostkeyalias'),
    hostKeyChecking:
      ssh.hostKeyChecking ?? (first(config, 'stricthostkeychecking') === 'accept-new' ? 'accept-new' : 'yes'),
    connectTimeoutMs:
      ssh.connectTimeoutSeconds !== undefined
        ? ssh.connectTimeoutSeconds * 1000
        : configuredTimeout > 0
          ? configuredTimeout * 1000
          : DEFAULT_CONNECT_TIMEOUT_MS,
    jumps: await jumpRoutes(options, config, onTheWay),
  }
}

async function readConfig(options: RouteOptions): Promise<SshConfig> {
  const fields = { host: options.host, step: 'connect' } as const
  let config: SshConfig
  try {
    config = await options.readConfig({
      address: options.address,
      user: options.ssh.user,
      port: options.ssh.port,
    })
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new ConvergeError('connect-failed', `ssh cannot read its configuration: ${stderr.split('\n')[0]}`, {
      ...fields,
      remedy: `Run \`ssh -G ${options.address}\` and correct what it complains about.`,
      cause,
    })
  }
  const proxyCommand = first(config, 'proxycommand')
  if (proxyCommand !== undefined && options.ssh.proxyJump === undefined) {
    throw new ConvergeError('unsupported', `ssh_config sets the ProxyCommand \`${proxyCommand}\``, {
      ...fields,
      remedy: 'Use ProxyJump instead, in ssh_config or as `proxyJump` under `ssh`.',
    })
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

function parseJump(text: string, host: string): { readonly address: string; readonly ssh: SshSettings } {
  const parsed = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:[\]/]+)(?::(\d+))?\/?$/.exec(text)
  const [, user, address, port] = parsed ?? []
  if (address === undefined) {
    throw new ConvergeError('connect-failed', `\`${text}\` is not a jump host`, {
      host,
      step: 'connect',
      remedy: 'Write `proxyJump` as `user@host:port`, several separated by commas.',
    })
  }
  return {
    address: address.replace(/^\[(.*)\]$/, '$1'),
    ssh: { ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) },
  }
}

function agentSocket(
  configured: string,
  environment: SshEnvironment,
  path: (file: string) => string,
): string | undefined {
  if (configured === 'none') return undefined
  return configured === 'SSH_AUTH_SOCK' ? environment.agentSocket : path(configured)
}

function configuredKnownHosts(config: SshConfig): readonly string[] {
  const user = config.get('userknownhostsfile')?.[0] ?? '~/.ssh/known_hosts'
  const global = config.get('globalknownhostsfile')?.[0] ?? '/etc/ssh/ssh_known_hosts'
  return `${user} ${global}`.split(' ').filter((file) => file !== 'none')
}

function first(config: SshConfig, keyword: string): string | undefined {
  const value = config.get(keyword)?.[0]
  return value === 'none' && keyword !== 'identityagent' ? undefined : value
}

/** Expands `~` and the tokens of ssh_config(5) in file names; relative paths start at the working directory. */
function expandPath(
  file: string,
  route: {
    readonly address: string
    readonly hostname: string
    readonly user: string
    readonly port: number
  },
  environment: SshEnvironment,
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: environment.homeDirectory,
    h: route.hostname,
    n: route.address,
    p: String(route.port),
    r: route.user,
    u: environment.userName,
  }
  const expanded = file.replaceAll(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
  return /^~(?=\/|$)/.test(expanded) ? join(environment.homeDirectory, expanded.slice(1)) : resolve(expanded)
}

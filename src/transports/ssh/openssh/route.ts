import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConvergeError } from '../../../model/errors.ts'
import {
  askConfig,
  connectTimeoutMs,
  DEFAULT_USER_KNOWN_HOSTS,
  files,
  first,
  hostKeyChecking,
  located,
  parseJump,
  type RouteOptions,
  refuseOtherThanNames,
} from '../ask-config.ts'
import { expandAll, expandHome } from '../expand.ts'
import { knownHostName } from '../known-hosts.ts'
import type { SshPatience } from '../patience.ts'

/** How ssh is called to log in to a host. */
export interface OpensshRoute {
  readonly host: string
  readonly address: string
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** The name of the host in known_hosts. */
  readonly knownName: string
  /** Where accept-new adds keys; undefined if ssh_config lets it add them nowhere. */
  readonly newKeysFile: string | undefined
  /** Whether that is the user's own. */
  readonly isOwnFile: boolean
  /** Whether the policy is accept-new. */
  readonly records: boolean
  readonly connectTimeoutMs: number
  /** The ssh_config of this login: what the spec says, then the user's own configuration. */
  config(checking: HostKeyChecking): string
  /** The options and the address. */
  words(checking: HostKeyChecking): readonly string[]
}

/** `record`: a key that is not known is added; `refuse`: it is refused. */
export type HostKeyChecking = 'refuse' | 'record'

/** No converge session forwards, asks, or accepts a key unseen, whatever ssh_config says. */
const ALWAYS = [
  'BatchMode yes',
  'LogLevel ERROR',
  'VisualHostKey no',
  'NoHostAuthenticationForLocalhost no',
  'UpdateHostKeys no',
  'AddKeysToAgent no',
  'ClearAllForwardings yes',
  'ForwardAgent no',
  'ForwardX11 no',
  'Tunnel no',
  'PermitLocalCommand no',
  'RemoteCommand none',
  'RequestTTY no',
]
const MISSED_ANSWERS = 3

export async function opensshRoute(options: RouteOptions, patience: SshPatience): Promise<OpensshRoute> {
  const { host, address, ssh, environment } = options
  refuseOtherThanNames(options)
  const jump = jumpOf(options)
  const included = await configFiles(options)
  const config = await askConfig(options)
  const hostname = (first(config, 'hostname') ?? address.toLowerCase()).replace(/^\[(.*)\]$/, '$1')
  const user = ssh.user ?? first(config, 'user') ?? environment.userName
  const port = ssh.port ?? Number(first(config, 'port') ?? 22)
  const hostKeyAlias = first(config, 'hostkeyalias')
  const expand = (file: string) =>
    located(options, file, () =>
      expandAll(file, { address, hostname, user, port, hostKeyAlias }, environment),
    )
  const { identityFile, knownHostsFile } = ssh
  if (identityFile !== undefined) await refuseAbsent(host, expand(identityFile))
  const checking = hostKeyChecking(ssh, config)
  const ownFiles = files(config, 'userknownhostsfile', DEFAULT_USER_KNOWN_HOSTS).map((file) =>
    located(options, file, () => expandHome(file, environment)),
  )
  const newKeysFile = knownHostsFile === undefined ? ownFiles[0] : expand(knownHostsFile)
  const timeoutMs = connectTimeoutMs(ssh, config)
  const timeout = `ConnectTimeout ${Math.ceil(timeoutMs / 1000)}`
  const quoted = (file: string) => located(options, file, () => quote(file))
  const settings = [
    ...(identityFile === undefined ? [] : [`IdentityFile ${quoted(identityFile)}`, 'IdentitiesOnly yes']),
    ...(knownHostsFile === undefined
      ? []
      : [
          `UserKnownHostsFile ${quoted(knownHostsFile)}`,
          'GlobalKnownHostsFile none',
          'KnownHostsCommand none',
          'VerifyHostKeyDNS no',
          'HashKnownHosts no',
        ]),
    ...(ssh.connectTimeoutSeconds === undefined ? [] : [timeout]),
    `ServerAliveInterval ${Math.ceil(patience.keepAliveMs / 1000)}`,
    `ServerAliveCountMax ${MISSED_ANSWERS}`,
  ]
  const strict = (mode: HostKeyChecking) => (mode === 'record' ? 'accept-new' : 'yes')
  return {
    host,
    address,
    hostname,
    port,
    user,
    knownName: knownHostName({ hostname, port, hostKeyAlias }),
    newKeysFile,
    isOwnFile: newKeysFile !== undefined && ownFiles.includes(newKeysFile),
    records: checking === 'accept-new',
    connectTimeoutMs: timeoutMs,
    // ssh gives the file to the ssh of each jump host as well. A jump host's own accept-new in ssh_config is not asked for.
    config: (mode) =>
      [
        'Host *',
        ...ALWAYS,
        ...settings,
        `StrictHostKeyChecking ${ssh.hostKeyChecking === 'accept-new' ? strict(mode) : 'yes'}`,
        ...included.map((file) => `Include ${quoted(file)}`),
        timeout,
        '',
      ].join('\n'),
    words: (mode) => [
      ...['-o', `StrictHostKeyChecking=${strict(mode)}`],
      ...(jump === undefined ? [] : ['-o', `ProxyJump=${jump}`]),
      ...(ssh.user === undefined ? [] : ['-l', ssh.user]),
      ...(ssh.port === undefined ? [] : ['-p', String(ssh.port)]),
      '--',
      address,
    ],
  }
}

/** Written anew from its parts, each of which is a name. */
function jumpOf(options: RouteOptions): string | undefined {
  const { host, ssh } = options
  if (ssh.proxyJump === undefined || ssh.proxyJump === 'none') return ssh.proxyJump
  const hops = ssh.proxyJump.split(',').map((text) => parseJump(text.trim(), host))
  for (const hop of hops) refuseOtherThanNames({ ...options, ...hop })
  return hops
    .map(({ address, ssh: { user, port } }) => {
      const name = address.includes(':') ? `[${address}]` : address
      return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`
    })
    .join(',')
}

/** What ssh reads by itself, for which it has to be included where another file is named. */
async function configFiles({ host, environment }: RouteOptions): Promise<readonly string[]> {
  const { homeDirectory, configFile } = environment
  if (configFile !== undefined) return [configFile]
  const own = join(homeDirectory, '.ssh/config')
  // As ssh, which checks this only for a file that it reads by itself.
  const found = await stat(own).catch(() => undefined)
  if (found !== undefined && ((found.mode & 0o022) !== 0 || ![0, process.getuid?.()].includes(found.uid)))
    throw new ConvergeError('connect-failed', `others may write to ${own}`, {
      host,
      step: 'connect',
      remedy: `Give it to you alone: \`chmod go-w ${own}\`.`,
    })
  return [own, '/etc/ssh/ssh_config']
}

async function refuseAbsent(host: string, file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined)) !== undefined) return
  throw new ConvergeError('authentication-failed', `the identity file ${file} does not exist`, {
    host,
    step: 'connect',
    remedy: 'Correct `identityFile` under `ssh`, or make a key with `ssh-keygen`.',
  })
}

/** A word of ssh_config, in which nothing can stand for a quote or the end of a line in all versions of ssh. */
function quote(file: string): string {
  if (/["\\\p{Cc}]/u.test(file))
    throw new Error('with `via: openssh` no quotes, backslashes and control characters can be in it')
  return `"${file}"`
}

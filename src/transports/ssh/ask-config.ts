import { ConvergeError } from '../../model/errors.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { SshSettings } from '../../model/targets/ssh.ts'
import type { SshConfigs, SshEnvironment } from './config.ts'
import type { SshConfig } from './keywords.ts'
import { isPlainHost } from './known-hosts.ts'

export interface RouteOptions {
  /** Name of the host in the spec, for errors. */
  readonly host: string
  readonly address: string
  readonly ssh: SshSettings
  readonly environment: SshEnvironment
  readonly configs: SshConfigs
}

export const DEFAULT_USER_KNOWN_HOSTS = '~/.ssh/known_hosts ~/.ssh/known_hosts2'
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/**
 * Addresses of jump hosts and of hosts that others report are not checked by anything before. ssh_config may hand them
 * and the user to a shell (`Match exec`), and what ssh refuses depends on its version.
 */
export function refuseOtherThanNames({ host, address, ssh: { user = '' } }: RouteOptions): void {
  const refuse = (message: string, remedy: string) =>
    new ConvergeError('connect-failed', message, { host, step: 'connect', remedy })
  if (!isPlainHost(address))
    throw refuse(
      `${address} is neither an IP address nor a name`,
      'Correct `address`, or `proxyJump` under `ssh`.',
    )
  if (/^-|[\p{Cc}'"`;&<>|(){}]|\\$/u.test(user))
    throw refuse(`${user} is not the name of a user`, 'Correct `user` under `ssh`.')
}

/** What ssh_config says of the address. */
export async function askConfig({ host, address, ssh, configs }: RouteOptions): Promise<SshConfig> {
  const refuse = (code: 'connect-failed' | 'unsupported', message: string, remedy: string, cause?: unknown) =>
    new ConvergeError(code, message, { host, step: 'connect', remedy, cause })
  return configs.read({ address, user: ssh.user, port: ssh.port }, 'login').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw refuse('unsupported', 'there is no ssh to read ssh_config', 'Install the OpenSSH client.', cause)
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    const said = stderr.split('\n')[0] ?? ''
    throw /^ssh: Could not resolve/.test(said)
      ? refuse(
          'connect-failed',
          `the name ${address} does not resolve in any of CanonicalDomains`,
          'Correct `address`, or CanonicalDomains in ssh_config.',
          cause,
        )
      : refuse(
          'connect-failed',
          `ssh cannot read its configuration: ${said}`,
          `Run \`ssh -G ${shellWord(address)}\` and correct what it complains about.`,
          cause,
        )
  })
}

/** Says what is wrong with a setting that cannot be understood. */
export function located<T>({ host, address }: RouteOptions, what: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConvergeError('connect-failed', `${what} of the SSH settings cannot be used: ${reason}`, {
      host,
      step: 'connect',
      remedy: `Correct it under \`ssh\` or in ssh_config; \`ssh -G ${shellWord(address)}\` shows what is set.`,
      cause,
    })
  }
}

export function parseJump(
  text: string,
  host: string,
): { readonly address: string; readonly ssh: SshSettings } {
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

export function files(config: SshConfig, keyword: string, otherwise: string): readonly string[] {
  return (config.get(keyword)?.[0] ?? otherwise).split(' ').filter((file) => !isNone(file))
}

export function isNone(value: string): boolean {
  return value.toLowerCase() === 'none'
}

export function first(config: SshConfig, keyword: string): string | undefined {
  const value = config.get(keyword)?.[0]
  return value === undefined || isNone(value) ? undefined : value
}

export function connectTimeoutMs({ connectTimeoutSeconds }: SshSettings, config: SshConfig): number {
  const seconds = connectTimeoutSeconds ?? Number(first(config, 'connecttimeout'))
  return seconds > 0 ? seconds * 1000 : DEFAULT_CONNECT_TIMEOUT_MS
}

/** `no` and `ask` of ssh_config count as `yes`. */
export function hostKeyChecking(ssh: SshSettings, config: SshConfig): 'yes' | 'accept-new' {
  const configured = first(config, 'stricthostkeychecking') === 'accept-new' ? 'accept-new' : 'yes'
  return ssh.hostKeyChecking ?? configured
}

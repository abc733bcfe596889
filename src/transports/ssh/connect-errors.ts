import { ConvergeError } from '../../model/errors.ts'
import { moreFiles } from '../../model/system-error.ts'
import type { Credentials } from './identities.ts'
import type { SshRoute } from './settings.ts'

export interface Attempt {
  readonly host: string
  readonly route: SshRoute
  readonly credentials: Credentials
}

/** How far a connection attempt got. Before `authentication` a retry is safe. */
export type Stage = 'jump' | 'tcp' | 'handshake' | 'authentication'

const RETRYABLE = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET'])

/** Marks a failed attempt that may be repeated. */
export class PassingFailure extends Error {
  override readonly cause: ConvergeError

  constructor(cause: ConvergeError) {
    super(cause.message)
    this.cause = cause
  }
}

export function timedOut({ host, route }: Attempt, stage: Stage): ConvergeError {
  const doing = {
    jump: 'the jump host cannot reach it',
    tcp: 'nothing answers',
    handshake: 'something listens but does not speak SSH',
    authentication: 'authentication did not finish',
  }
  return new ConvergeError(
    'connect-timeout',
    `no connection to ${placeWords(route)} within ${route.connectTimeoutMs / 1000} s: ${doing[stage]}`,
    {
      host,
      step: 'connect',
      remedy: 'Check address, port and firewall, or raise `connectTimeoutSeconds` under `ssh`.',
    },
  )
}

export function wrongFamily({ host, route }: Attempt): ConvergeError {
  const message = `cannot connect to ${placeWords(route)}: ssh_config sets AddressFamily to inet${route.addressFamily === 6 ? '6' : ''}`
  return new ConvergeError('connect-failed', message, {
    host,
    step: 'connect',
    remedy: 'Correct `address`, or AddressFamily in ssh_config.',
  })
}

export function connectFailure(
  { host, route, credentials }: Attempt,
  stage: Stage,
  cause: Error & { level?: string; code?: unknown },
): ConvergeError | PassingFailure {
  const fields = { host, step: 'connect', cause } as const
  if (cause.level === 'client-authentication' || /authentication failures/i.test(cause.message)) {
    const tried = credentials.words.length === 0 ? 'there was no key to offer' : credentials.words.join(', ')
    return new ConvergeError(
      'authentication-failed',
      `${placeWords(route)} refused to authenticate ${route.user}`,
      {
        ...fields,
        remedy: `Tried: ${tried}. Add the public key to authorized_keys of ${route.user}, or set \`user\` or \`identityFile\` under \`ssh\`.`,
      },
    )
  }
  const failure = new ConvergeError(
    'connect-failed',
    `cannot connect to ${placeWords(route)}: ${words(cause)}`,
    {
      ...fields,
      remedy:
        remedies[String(cause.code)] ??
        remedies[cause.message] ??
        'Check that the host is up and sshd listens there.',
    },
  )
  const passing =
    stage !== 'authentication' &&
    (RETRYABLE.has(String(cause.code)) || cause.message.includes('Connection lost before handshake'))
  return passing ? new PassingFailure(failure) : failure
}

const unresolved = 'Correct `address`, or make the name resolve on this machine.'
const remedies: Readonly<Record<string, string>> = {
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  EMFILE: `On this machine, ${moreFiles}.`,
  'Invalid identification string': 'Correct `port`, or enable SSH-2.0 on the server; SSH-1 is not supported.',
}

function words(cause: Error & { code?: unknown }): string {
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ETIMEDOUT: 'connection timed out',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'network unreachable',
    ENOTFOUND: 'the name does not resolve',
    EAI_AGAIN: 'the name does not resolve',
    EMFILE: 'too many open files on this machine',
  }
  // What ssh2 says of a first line such as `SSH-1.5-OpenSSH_3.9`, and of a server that goes on without one.
  const banners: Readonly<Record<string, string>> = {
    'Invalid identification string': 'the server does not speak version 2 of SSH',
    'Max greeting lines exceeded': 'something listens but does not speak SSH',
  }
  return known[String(cause.code)] ?? banners[cause.message] ?? cause.message
}

export function placeWords(route: Pick<SshRoute, 'hostname' | 'port'>): string {
  return `${route.hostname.includes(':') ? `[${route.hostname}]` : route.hostname}:${route.port}`
}

import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'ssh2'
import ssh2 from 'ssh2'
import { ConnectError, ConvergeError } from '../../model/errors.ts'
import type { HostKeyCheck } from './host-key.ts'
import type { Credentials } from './identities.ts'
import type { SshPatience } from './patience.ts'
import type { SshRoute } from './settings.ts'

/** An authenticated SSH connection. */
export interface SshLink {
  readonly host: string
  readonly client: Client
  readonly patience: SshPatience
  /** Registers what to do when the connection ends; called at once if it has ended. Gives what takes it back. */
  onLost(callback: (cause: Error | undefined) => void): () => void
  close(): Promise<void>
}

export interface LinkOptions {
  readonly host: string
  readonly route: SshRoute
  readonly credentials: Credentials
  readonly hostKey: HostKeyCheck
  readonly patience: SshPatience
  /** The channel through a jump host; absent: a TCP connection. */
  readonly through?: () => Promise<Duplex>
}

/** How far a connection attempt came; until `authentication` nothing was asked of the host, so a retry is safe. */
type Stage = 'jump' | 'tcp' | 'handshake' | 'authentication'

const RETRY_DELAYS_MS = [200, 500]
const RETRYABLE = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET'])
const CLOSE_TIMEOUT_MS = 1_000

/** Connects within the route's timeout. What fails before authentication in a way that may pass is tried three times. */
export async function openLink(options: LinkOptions): Promise<SshLink> {
  const deadline = Date.now() + options.route.connectTimeoutMs
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await attempt(options, deadline)
    } catch (error) {
      if (!(error instanceof PassingFailure) || Date.now() + delayMs >= deadline) throw unwrapped(error)
      await sleep(delayMs)
    }
  }
  return attempt(options, deadline).catch((error: unknown) => {
    throw unwrapped(error)
  })
}

/** Marks a failed attempt that may be repeated. */
class PassingFailure extends Error {
  override readonly cause: ConnectError

  constructor(cause: ConnectError) {
    super(cause.message)
    this.cause = cause
  }
}

function unwrapped(error: unknown): unknown {
  return error instanceof PassingFailure ? error.cause : error
}

async function attempt(options: LinkOptions, deadline: number): Promise<SshLink> {
  const { route, host } = options
  const socket = await openSocket(options, deadline)
  const client = new ssh2.Client()
  client.setMaxListeners(0)
  let stage: Stage = 'tcp'
  let refusal: unknown
  client.on('connect', () => {
    stage = 'handshake'
  })
  client.on('handshake', () => {
    stage = 'authentication'
  })

  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      clearTimeout(timer)
      reject(error)
      client.destroy()
      socket.destroy()
    }
    const timer = setTimeout(() => fail(timedOut(options, stage)), Math.max(1, deadline - Date.now()))
    const onError = (error: Error & { level?: string }) => {
      // An agent that cannot be asked is only passed over; ssh2 goes on with the next credential.
      if (error.level === 'agent') return
      fail(refusal ?? connectFailure(options, stage, error))
    }
    const onClose = () =>
      fail(refusal ?? connectFailure(options, stage, new Error('the connection was closed')))
    // While the key was looked up the connection may have gone, and ssh2 cannot be told any more: it throws.
    const answer = (verify: (trusted: boolean) => void, trusted: boolean) => {
      try {
        verify(trusted)
      } catch (error) {
        fail(
          refusal ??
            connectFailure(options, stage, error instanceof Error ? error : new Error(String(error))),
        )
      }
    }
    client.on('error', onError)
    client.on('close', onClose)
    client.on('ready', () => {
      clearTimeout(timer)
      client.off('error', onError)
      client.off('close', onClose)
      resolve(liveLink(host, client, options.patience))
    })
    client.connect({
      sock: socket,
      username: route.user,
      authHandler: options.credentials.methods,
      algorithms: { serverHostKey: options.hostKey.algorithms },
      hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
        options.hostKey.verify(key).then(
          () => answer(verify, true),
          (error: unknown) => {
            refusal = error
            answer(verify, false)
          },
        )
      },
      keepaliveInterval: options.patience.keepAliveMs,
      keepaliveCountMax: 3,
      // The deadline above covers all of it.
      readyTimeout: 0,
    })
  })
}

async function openSocket(options: LinkOptions, deadline: number): Promise<Duplex> {
  const { hostname, port } = options.route
  if (options.through === undefined) {
    // TCP_NODELAY: ssh2 does not set it, and small SFTP requests would wait for delayed acknowledgements.
    return connect({ host: hostname, port, noDelay: true, autoSelectFamilyAttemptTimeout: 2_500 })
  }
  const opening = options.through()
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(timedOut(options, 'jump'))
      // The jump host may still come back with a channel that nobody waits for any more.
      opening.then(
        (channel) => channel.destroy(),
        () => undefined,
      )
    }, deadline - Date.now())
  })
  return Promise.race([opening, expired]).finally(() => clearTimeout(timer))
}

function liveLink(host: string, client: Client, patience: SshPatience): SshLink {
  let lost = false
  let cause: Error | undefined
  const callbacks = new Set<(cause: Error | undefined) => void>()
  client.on('error', (error) => {
    cause = error
  })
  client.on('close', () => {
    lost = true
    for (const callback of callbacks) callback(cause)
    callbacks.clear()
  })
  return {
    host,
    client,
    patience,
    onLost(callback) {
      if (lost) callback(cause)
      else callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    close() {
      return new Promise((resolve) => {
        if (lost) return resolve()
        // A host that no longer answers must not hold up the end.
        const timer = setTimeout(() => client.destroy(), CLOSE_TIMEOUT_MS)
        client.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        client.end()
      })
    },
  }
}

/** The error of what was under way when the connection ended. */
export function connectionLost(host: string, step: string, cause: Error | undefined): ConvergeError {
  const why = cause === undefined ? '' : `: ${cause.message}`
  return new ConvergeError('connection-lost', `the connection to ${host} was lost${why}`, {
    host,
    step,
    remedy: 'Run converge again; what had begun on the host goes on by itself.',
    cause,
  })
}

function timedOut({ host, route }: LinkOptions, stage: Stage): ConnectError {
  const doing = {
    jump: 'the jump host does not get there',
    tcp: 'nothing answers',
    handshake: 'something listens but does not speak SSH',
    authentication: 'the login does not end',
  }
  return new ConnectError(
    'connect-timeout',
    `no connection to ${place(route)} within ${route.connectTimeoutMs / 1000} s: ${doing[stage]}`,
    {
      host,
      step: 'connect',
      remedy: 'Check address, port and firewall, or raise `connectTimeoutSeconds` under `ssh`.',
    },
  )
}

function connectFailure(
  { host, route, credentials }: LinkOptions,
  stage: Stage,
  cause: Error & { level?: string; code?: unknown },
): ConnectError | PassingFailure {
  const fields = { host, step: 'connect', cause }
  if (cause.level === 'client-authentication' || /authentication failures/i.test(cause.message)) {
    const tried = credentials.words.length === 0 ? 'there was no key to offer' : credentials.words.join(', ')
    return new ConnectError('authentication-failed', `${place(route)} does not let ${route.user} in`, {
      ...fields,
      remedy: `Tried: ${tried}. Add the public key to authorized_keys of ${route.user}, or set \`user\` or \`identityFile\` under \`ssh\`.`,
    })
  }
  const failure = new ConnectError('connect-failed', `cannot connect to ${place(route)}: ${words(cause)}`, {
    ...fields,
    remedy:
      cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN'
        ? 'Correct `address`, or make the name resolve on this machine.'
        : 'Check that the host is up and sshd listens there.',
  })
  const passing =
    stage !== 'authentication' &&
    (RETRYABLE.has(String(cause.code)) || cause.message.includes('Connection lost before handshake'))
  return passing ? new PassingFailure(failure) : failure
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
  }
  return known[String(cause.code)] ?? cause.message
}

function place(route: SshRoute): string {
  return `${route.hostname.includes(':') ? `[${route.hostname}]` : route.hostname}:${route.port}`
}

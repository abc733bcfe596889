import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { given } from '../../model/given.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { type Attempt, connectFailure, type Stage, timedOut, wrongFamily } from './connect-errors.ts'
import type { HostKeyCheck, KnownSince } from './host-key.ts'
import { type ClientLink, liveLink } from './link.ts'
import type { SshPatience } from './patience.ts'
import { retried } from './retried.ts'

export interface LinkOptions extends Attempt {
  readonly hostKey: HostKeyCheck
  readonly patience: SshPatience
  /** The channel through a jump host; a TCP connection if absent. */
  readonly through?: () => Promise<Duplex>
  readonly signal?: AbortSignal | undefined
}

/** Connects within the route's timeout. Tries temporary failures before authentication three times. */
export async function openLink(options: LinkOptions): Promise<ClientLink> {
  const deadline = performance.now() + options.route.connectTimeoutMs
  return retried(options.patience, deadline, () => attempt(options, deadline))
}

async function attempt(options: LinkOptions, deadline: number): Promise<ClientLink> {
  const { route, host, signal } = options
  signal?.throwIfAborted()
  const socket = await openSocket(options, deadline)
  const client = new ssh2.Client()
  client.setMaxListeners(0)
  let stage: Stage = 'tcp'
  let refusal: unknown
  let keyKnown: KnownSince = 'this run'
  client.on('connect', () => {
    stage = 'handshake'
  })
  client.on('handshake', () => {
    stage = 'authentication'
  })

  const methods = options.credentials.methods()
  const bounds: Bounds = {
    timeoutMs: Math.max(1, deadline - performance.now()),
    timedOut: () => timedOut(options, stage),
    after: options.patience.after,
    signal,
  }
  const opened = bounded<ClientLink>(bounds, ({ resolve, reject }) => {
    const fail = (error: Error) => reject(refusal ?? connectFailure(options, stage, error))
    const onError = (error: Error & { level?: string }) => {
      // An unavailable agent is skipped; ssh2 continues with the next credential.
      if (error.level === 'agent') return
      fail(error)
    }
    const onClose = () => fail(new Error('the connection was closed'))
    // ssh2 throws if the connection was lost while the key was looked up.
    const answer = (verify: (trusted: boolean) => void, trusted: boolean) => {
      try {
        verify(trusted)
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
      }
    }
    client.on('error', onError)
    client.on('close', onClose)
    client.on('ready', () => {
      client.off('error', onError)
      client.off('close', onClose)
      resolve(liveLink({ host, client, patience: options.patience, keyKnown, socket }))
    })
    client.connect({
      sock: socket,
      username: route.user,
      authHandler: () => methods.next().value ?? false,
      algorithms: offered(options),
      hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
        options.hostKey.verify(key).then(
          (since) => {
            keyKnown = since
            answer(verify, true)
          },
          (error: unknown) => {
            refusal = error
            answer(verify, false)
          },
        )
      },
      keepaliveInterval: options.patience.keepAliveMs,
      keepaliveCountMax: 3,
      // The deadline above covers it.
      readyTimeout: 0,
    })
  })
  return opened.catch((error: unknown) => {
    client.destroy()
    socket.destroy()
    throw error
  })
}

function offered({ route, hostKey }: LinkOptions) {
  const { cipher, kex, hmac } = route.algorithms
  return { serverHostKey: hostKey.algorithms, ...given({ cipher, kex, hmac }) }
}

async function openSocket(options: LinkOptions, deadline: number): Promise<Duplex> {
  const { route, through } = options
  if (through === undefined) {
    const { addressFamily: family, hostname, port, bindAddress } = route
    if (family !== 0 && ![0, family].includes(isIP(hostname))) throw wrongFamily(options)
    // ssh2 does not set TCP_NODELAY, and small SFTP requests would wait for delayed acknowledgements.
    const socket = { host: hostname, port, family, noDelay: true, autoSelectFamilyAttemptTimeout: 2_500 }
    if (bindAddress === undefined) return connect(socket)
    const bound = await lookup(bindAddress, { family }).catch((cause: Error) => {
      throw connectFailure(options, 'tcp', cause)
    })
    return connect({ ...socket, family: bound.family, localAddress: bound.address })
  }
  const bounds: Bounds = {
    timeoutMs: deadline - performance.now(),
    timedOut: () => timedOut(options, 'jump'),
    after: options.patience.after,
    signal: options.signal,
  }
  return bounded<Duplex>(bounds, ({ resolve, reject, isOver }) => {
    through().then((channel) => (isOver() ? channel.destroy() : resolve(channel)), reject)
  })
}

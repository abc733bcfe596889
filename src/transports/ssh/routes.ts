import type { Duplex } from 'node:stream'
import { ConvergeError, Interrupted } from '../../model/errors.ts'
import { hostKeyCheck } from './host-key.ts'
import { createIdentities } from './identities.ts'
import { createKnownHostsStore } from './known-hosts-store.ts'
import { type ClientLink, connectionLost } from './link.ts'
import { openLink } from './open-link.ts'
import type { SshPatience } from './patience.ts'
import type { SshRoute } from './settings.ts'

/** Opens connections along routes; jump connections are shared. */
export interface SshRoutes {
  open(host: string, route: SshRoute, signal?: AbortSignal): Promise<ClientLink>
  /** Closes the shared jump connections. */
  close(): Promise<void>
}

export function createSshRoutes(patience: SshPatience, specRoot: string | undefined): SshRoutes {
  const identities = createIdentities()
  const knownHosts = createKnownHostsStore(specRoot)
  const shared = new Map<string, Promise<ClientLink>>()

  // A jump connection is shared: giving up one of its hosts must not close it.
  const closing = new AbortController()

  const open = async (host: string, route: SshRoute, signal?: AbortSignal): Promise<ClientLink> => {
    const [credentials, hostKey] = await Promise.all([
      identities(host, route),
      hostKeyCheck(host, route, knownHosts),
    ])
    const through = route.jumps.length === 0 ? {} : { through: () => forward(host, route) }
    return openLink({ host, route, credentials, hostKey, patience, signal, ...through })
  }

  const jumpLink = (host: string, jumps: readonly SshRoute[]): Promise<ClientLink> => {
    const key = JSON.stringify(jumps)
    const known = shared.get(key)
    if (known !== undefined) return known
    const link = openJump(host, jumps)
    shared.set(key, link)
    // The next host reconnects a lost jump. A jump that failed from the start is not tried again: a thousand hosts
    // would each wait for it, or lock the account there.
    link.then(
      (opened) =>
        opened.onLost(() => {
          if (shared.get(key) === link) shared.delete(key)
        }),
      () => undefined,
    )
    return link
  }

  const openJump = (host: string, jumps: readonly SshRoute[]): Promise<ClientLink> => {
    const last = jumps.at(-1)
    if (last === undefined) throw new RangeError('a chain of jump hosts has at least one')
    return open(host, { ...last, jumps: jumps.slice(0, -1) }, closing.signal)
  }

  const forward = async (host: string, route: SshRoute): Promise<Duplex> => {
    const jump = await jumpLink(host, route.jumps).catch((error: unknown) => {
      throw jumpFailed(host, error)
    })
    return openForward(host, jump, route)
  }

  return {
    open,
    async close() {
      closing.abort(new Interrupted())
      const links = await Promise.allSettled(shared.values())
      shared.clear()
      await Promise.all(links.map((link) => (link.status === 'fulfilled' ? link.value.close() : undefined)))
    },
  }
}

/** The error of a shared jump names the host that asked first: name this host, and say that the jump failed. */
function jumpFailed(host: string, error: unknown): unknown {
  if (!(error instanceof ConvergeError)) return error
  const { code, message, remedy, cause } = error
  const prefix = 'the jump host cannot be used: '
  return new ConvergeError(code, message.startsWith(prefix) ? message : `${prefix}${message}`, {
    host,
    step: 'connect',
    ...(remedy === undefined ? {} : { remedy }),
    cause,
  })
}

function openForward(host: string, jump: ClientLink, route: SshRoute): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const release = jump.onLost((cause) => reject(connectionLost(host, 'connect', cause, 'sent')))
    jump.client.forwardOut('127.0.0.1', 0, route.hostname, route.port, (cause, channel) => {
      release()
      if (cause === undefined) return resolve(channel)
      reject(
        new ConvergeError(
          'connect-failed',
          `the jump host cannot reach ${route.hostname}:${route.port}: ${cause.message.replace(/^\(SSH\) /, '')}`,
          {
            host,
            step: 'connect',
            remedy: 'Check the address as the jump host sees it, and that its sshd has AllowTcpForwarding.',
            cause,
          },
        ),
      )
    })
  })
}

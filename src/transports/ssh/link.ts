import type { Client } from 'ssh2'
import { ConvergeError, type WorldStep } from '../../model/errors.ts'
import type { KnownSince } from './host-key.ts'
import type { SshPatience } from './patience.ts'

/** An authenticated SSH connection. */
export interface SshLink {
  readonly host: string
  readonly client: Client
  readonly patience: SshPatience
  readonly keyKnown: KnownSince
  /** Calls back when the connection ends, or now if it has ended. Returns the function that cancels it. */
  onLost(callback: (cause: Error | undefined) => void): () => void
  close(): Promise<void>
}

/** The link of a client that has logged in. */
export function liveLink({
  host,
  client,
  patience,
  keyKnown,
}: Pick<SshLink, 'host' | 'client' | 'patience' | 'keyKnown'>): SshLink {
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
    keyKnown,
    onLost(callback) {
      if (lost) callback(cause)
      else callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    close() {
      return new Promise((resolve) => {
        if (lost) return resolve()
        // A host that does not answer must not delay closing.
        const release = patience.after(patience.cleanUpMs, () => client.destroy())
        client.once('close', () => {
          release()
          resolve()
        })
        client.end()
      })
    },
  }
}

/** The error of work that was running when the connection ended, and whether anything was sent. */
export function connectionLost(
  host: string,
  step: WorldStep,
  cause: Error | undefined,
  sent: 'sent' | 'nothing sent',
): ConvergeError {
  const why = cause === undefined ? '' : `: ${cause.message}`
  return new ConvergeError('connection-lost', `the connection to ${host} was lost${why}`, {
    host,
    step,
    remedy: 'Run converge again; what was started on the host continues by itself.',
    ...(sent === 'sent' ? {} : { nothingSent: true }),
    cause,
  })
}

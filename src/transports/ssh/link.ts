import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2'
import { ConvergeError, type WorldStep } from '../../model/errors.ts'
import type { KnownSince } from './host-key.ts'
import type { SshPatience } from './patience.ts'

/** What is told of a command that runs on the host. */
interface CommandListener {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
  /** The last of all. Undefined if a signal ended the command. */
  closed(exitCode: number | undefined): void
  failed(cause: Error): void
}

/** A command that runs on the host. What it prints is kept until there is a listener. */
export interface CommandChannel {
  listen(listener: CommandListener): void
  write(text: string): void
  end(text?: string): void
  close(): void
  /** Whether the host has ended it; what comes before there is a listener is lost then. */
  hasEnded(): boolean
}

/** An authenticated SSH connection. */
export interface SshLink {
  readonly host: string
  readonly patience: SshPatience
  readonly keyKnown: KnownSince
  /** Opens a session with the command; a refused one has `Channel open failure` in its error. */
  exec(command: string): Promise<CommandChannel>
  sftp(): Promise<SFTPWrapper>
  /** Calls back when the connection ends, or now if it has ended. Returns the function that cancels it. */
  onLost(callback: (cause: Error | undefined) => void): () => void
  close(): Promise<void>
}

/** A connection of this process itself, which can forward others. */
export interface ClientLink extends SshLink {
  readonly client: Client
}

/** That a connection has ended, told once. */
export interface Loss {
  readonly onLost: SshLink['onLost']
  lose(cause: Error | undefined): void
  isLost(): boolean
}

export function loss(): Loss {
  let lost: { readonly cause: Error | undefined } | undefined
  const callbacks = new Set<(cause: Error | undefined) => void>()
  return {
    onLost(callback) {
      if (lost !== undefined) callback(lost.cause)
      else callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    lose(cause) {
      if (lost !== undefined) return
      lost = { cause }
      for (const callback of callbacks) callback(cause)
      callbacks.clear()
    },
    isLost: () => lost !== undefined,
  }
}

interface LiveLinkOptions extends Pick<ClientLink, 'host' | 'client' | 'patience' | 'keyKnown'> {
  /** What the client speaks over. */
  readonly socket: Duplex
}

/** The link of a client that has logged in. */
export function liveLink({ host, client, patience, keyKnown, socket }: LiveLinkOptions): ClientLink {
  let cause: Error | undefined
  const { onLost, lose, isLost } = loss()
  client.on('error', (error) => {
    cause = error
  })
  client.on('close', () => lose(cause))
  return {
    host,
    client,
    patience,
    keyKnown,
    exec: (command) =>
      new Promise((resolve, reject) => {
        client.exec(command, (cause, channel) => (cause ? reject(cause) : resolve(commandChannel(channel))))
      }),
    sftp: () =>
      new Promise((resolve, reject) => {
        client.sftp((cause, sftp) => (cause ? reject(cause) : resolve(sftp)))
      }),
    onLost,
    close() {
      return new Promise((resolve) => {
        if (isLost()) return resolve()
        // A host that does not answer must not delay closing.
        const release = patience.after(patience.cleanUpMs, () => client.destroy())
        client.once('close', () => {
          release()
          resolve()
        })
        // The goodbye is on its way: nothing that the server says to it is needed.
        if (socket instanceof Socket) socket.once('finish', () => socket.destroy())
        client.end()
      })
    },
  }
}

function commandChannel(channel: ClientChannel): CommandChannel {
  let exitCode: number | undefined
  let hasEnded = false
  channel.on('exit', (code: number | null) => {
    exitCode = code ?? undefined
    hasEnded = true
  })
  channel.on('close', () => {
    hasEnded = true
  })
  return {
    hasEnded: () => hasEnded,
    listen(listener) {
      channel.on('data', listener.stdout)
      channel.stderr.on('data', listener.stderr)
      channel.on('close', () => listener.closed(exitCode))
      channel.on('error', listener.failed)
    },
    write: (text) => void channel.write(text),
    end: (text) => void channel.end(text),
    close: () => channel.close(),
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

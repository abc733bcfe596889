import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { AuthContext, PublicKeyAuthContext, ServerChannel, Session } from 'ssh2'
import ssh2 from 'ssh2'
import type { EmbeddedKey } from './keys.ts'
import { serveSftp } from './sftp-server.ts'

/** What happens on an embedded host, for tests that count or interfere. */
export type EmbeddedEvent =
  | { readonly event: 'connection' }
  | { readonly event: 'exec'; readonly command: string }
  | { readonly event: 'sftp' }
  | { readonly event: 'forward'; readonly address: string; readonly port: number }

export interface HostServerOptions {
  /** Absolute, links resolved. */
  readonly root: string
  readonly hostKey: EmbeddedKey
  readonly authorizedKey: EmbeddedKey
  readonly users: readonly string[]
  /** The login shell: an exec runs it with `-c` and the command. */
  readonly shell: readonly string[]
  readonly searchPath: string
  readonly quotaBytes: number
  readonly onEvent: (event: EmbeddedEvent) => void
}

export interface HostServer {
  listen(): Promise<number>
  /** Destroys all connections, like a network failure. */
  cut(): void
  /** Stops listening, cuts connections and kills foreground programs; detached ones continue, as with sshd. */
  stop(): Promise<void>
}

/** One embedded host: a real SSH server with exec, SFTP and forwarding, on a port of the loopback interface. */
export function createHostServer(options: HostServerOptions): HostServer {
  const sockets = new Set<Socket>()
  const children = new Set<ChildProcess>()
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey.privatePem] }, (connection) => {
    options.onEvent({ event: 'connection' })
    // A client may disconnect at any time.
    connection.on('error', () => undefined)
    connection.on('authentication', (context) => authenticate(context, options))
    connection.on('session', (accept) => serveSession(accept(), options, children))
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      options.onEvent({ event: 'forward', address: destIP, port: destPort })
      const socket = connect({ host: destIP, port: destPort, noDelay: true })
      socket.once('error', () => reject())
      socket.once('connect', () => {
        const channel = accept()
        socket.removeAllListeners('error')
        socket.on('error', () => channel.close())
        channel.on('error', () => socket.destroy())
        channel.on('close', () => socket.destroy())
        socket.pipe(channel).pipe(socket)
      })
    })
  })

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    ssh.injectSocket(socket)
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())))
      }),
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
        for (const child of children) killGroup(child)
      }),
  }
}

function authenticate(context: AuthContext, options: HostServerOptions): void {
  if (context.method === 'publickey' && isAuthorized(context, options)) context.accept()
  else context.reject(['publickey'])
}

function isAuthorized(context: PublicKeyAuthContext, { users, authorizedKey }: HostServerOptions): boolean {
  const { key, blob, signature, hashAlgo } = context
  if (!users.includes(context.username) || !authorizedKey.publicBlob.equals(key.data)) return false
  // Without a signature the client only asks whether the key would be accepted.
  return (
    blob === undefined ||
    signature === undefined ||
    // An Error says that it cannot be verified.
    authorizedKey.key.verify(blob, signature, hashAlgo) === true
  )
}

function serveSession(session: Session, options: HostServerOptions, children: Set<ChildProcess>): void {
  session.on('exec', (accept, _reject, { command }) => {
    options.onEvent({ event: 'exec', command })
    const child = runCommand(accept(), command, options)
    children.add(child)
    child.on('close', () => children.delete(child))
  })
  session.on('sftp', (accept) => {
    options.onEvent({ event: 'sftp' })
    serveSftp(accept(), options)
  })
}

/** As sshd without a terminal: closing the channel closes the pipes and kills nothing. */
function runCommand(channel: ServerChannel, command: string, options: HostServerOptions): ChildProcess {
  const [shell = '/bin/sh', ...shellArguments] = options.shell
  const child = spawn(shell, [...shellArguments, '-c', command], {
    cwd: options.root,
    detached: true,
    env: {
      PATH: options.searchPath,
      HOME: join(options.root, 'root'),
      LC_ALL: 'C',
      CONVERGE_ROOT: options.root,
      // Marks the systemctl on PATH as the stand-in, which may be used in a root tree.
      CONVERGE_EMBEDDED: '1',
    },
  })
  child.stdin.on('error', () => undefined)
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  channel.on('close', () => {
    child.stdin.destroy()
    child.stdout.destroy()
    child.stderr.destroy()
  })
  child.on('error', (error) => {
    channel.stderr.write(`${error.message}\n`)
    channel.exit(127)
    channel.end()
  })
  child.on('close', (code, signal) => {
    if (code === null) channel.exit((signal ?? 'SIGKILL').replace(/^SIG/, ''))
    else channel.exit(code)
    channel.end()
  })
  return child
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: it has already ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new Error('the server does not listen on a port')
}

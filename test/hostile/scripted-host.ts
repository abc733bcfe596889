import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Algorithms, AuthContext, Session } from 'ssh2'
import ssh2 from 'ssh2'
import { type EmbeddedKey, generateKey } from '../../src/embedded/keys.ts'
import { given } from '../../src/model/given.ts'
import type { SshSettings } from '../../src/model/targets/ssh.ts'
import type { Connection } from '../../src/model/transport.ts'
import { after } from '../../src/transports/after.ts'
import type { SshPatience } from '../../src/transports/ssh/patience.ts'
import { createSshTransport } from '../../src/transports/ssh/ssh.ts'

/** For a host that does not hang, however busy this machine is. */
export const longPatience: SshPatience = {
  sessionMs: 20_000,
  uploadMs: 20_000,
  keepAliveMs: 10_000,
  cleanUpMs: 100,
  after,
}

/** Short enough for a test in which the host hangs. */
const shortPatience: SshPatience = {
  sessionMs: 250,
  uploadMs: 250,
  keepAliveMs: 10_000,
  cleanUpMs: 100,
  after,
}

/** What a host does that is not as it should be; what is left out is as it should be. */
export interface Script {
  /** Instead of SSH: what listens there. */
  readonly onSocket?: (socket: Socket) => void
  readonly hostKeys?: readonly EmbeddedKey[]
  readonly algorithms?: Algorithms
  readonly onAuthentication?: (context: AuthContext) => void
  readonly onSession?: (session: Session) => void
  /** Whether the next session is refused. */
  readonly refuses?: () => boolean
  readonly patience?: SshPatience
}

export interface ScriptedHost {
  readonly directory: string
  readonly name: string
  /** A new known_hosts file that knows the host by these keys. */
  known(...keys: readonly EmbeddedKey[]): Promise<string>
  connect(ssh?: SshSettings, signal?: AbortSignal): Promise<Connection>
}

/** A host that follows a script, for as long as the test takes. */
export async function withScript(script: Script, act: (host: ScriptedHost) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'converge-test-'))
  const hostKeys = script.hostKeys ?? [generateKey()]
  const sockets = new Set<Socket>()
  const keys = { hostKeys: hostKeys.map(({ privatePem }) => privatePem) }
  const ssh = new ssh2.Server({ ...keys, ...given({ algorithms: script.algorithms }) }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', script.onAuthentication ?? ((context) => context.accept()))
    client.on('session', (accept, reject) => {
      if (script.refuses?.() === true) reject()
      else script.onSession?.(accept())
    })
  })
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (script.onSocket === undefined) ssh.injectSocket(socket)
    else script.onSocket(socket)
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const identityFile = join(directory, 'identity')
  await writeFile(identityFile, generateKey().privatePem, { mode: 0o600 })
  const environment = { homeDirectory: directory, userName: 'root', variables: {} }
  const patience = script.patience ?? shortPatience
  const transport = createSshTransport(environment, { patience, specRoot: directory })
  const name = `[127.0.0.1]:${port}`
  let knownFiles = 0
  const known = async (...keys: readonly EmbeddedKey[]): Promise<string> => {
    knownFiles += 1
    const file = join(directory, `known_hosts-${knownFiles}`)
    const lines = keys.map(({ type, publicBlob }) => `${name} ${type} ${publicBlob.toString('base64')}\n`)
    await writeFile(file, lines.join(''))
    return file
  }
  const knownHostsFile = await known(...hostKeys)
  try {
    await act({
      directory,
      name,
      known,
      connect: (settings, signal) =>
        transport.connect({
          host: 'node0',
          ...given({ signal }),
          address: '127.0.0.1',
          ssh: { user: 'root', port, identityFile, knownHostsFile, connectTimeoutSeconds: 5, ...settings },
        }),
    })
  } finally {
    await transport.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true })
  }
}

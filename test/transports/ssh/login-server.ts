import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { promisify } from 'node:util'
import type { PublicKeyAuthContext } from 'ssh2'
import ssh2 from 'ssh2'
import { programOnPath } from './programs.ts'
import { freePort, startSshd } from './sshd.ts'

const run = promisify(execFile)

/** A server with an Ed25519, an ECDSA and an RSA host key that tells who has logged in with which key. */
export interface LoginServer {
  /** `sshd`, or `ssh2` by day and where none is installed. */
  readonly name: string
  readonly ports: {
    /** Lets every key of the keyring in. */
    readonly any: number
    /** Lets only the key `site` in. */
    readonly site: number
  }
  close(): void
}

export interface LoginServerOptions {
  readonly directory: string
  /** Private host keys. */
  readonly hostKeys: readonly string[]
  /** The files in the format of authorized_keys. */
  readonly authorized: { readonly any: string; readonly site: string }
}

/** What a client has to run to be told `TYPE BLOB USER`. */
export const WHO = 'echo "$(cut -d " " -f 2,3 "$SSH_USER_AUTH") $(id -un)"'

/** As of sshd: after so many refused keys the connection ends. */
const MAX_TRIES = 6

export async function startLoginServer(options: LoginServerOptions): Promise<LoginServer> {
  // A login at sshd takes a third of a second of a processor: by night only, or if it is asked for.
  const installed = process.env.SSH_LOGINS === 'all' ? programOnPath('sshd') : undefined
  const sshd = process.env.CONVERGE_SSHD ?? installed
  return sshd === undefined ? startInProcess(options) : startInSshd(sshd, options)
}

async function startInProcess({ hostKeys, authorized }: LoginServerOptions): Promise<LoginServer> {
  const pems = await Promise.all(hostKeys.map((file) => readFile(file)))
  const serve = async (file: string): Promise<{ server: Server; port: number }> => {
    const keys = (await readFile(file, 'utf8')).split('\n').map((line) => line.split(' ')[1])
    const isAuthorized = ({ key, blob, signature, hashAlgo }: PublicKeyAuthContext) => {
      if (!keys.includes(key.data.toString('base64'))) return false
      if (blob === undefined || signature === undefined) return true
      const parsed = ssh2.utils.parseKey(`${key.algo} ${key.data.toString('base64')}`)
      return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true
    }
    const ssh = new ssh2.Server({ hostKeys: pems }, (connection) => {
      let who = ''
      let refused = 0
      connection.on('error', () => undefined) // A client may disconnect at any time.
      connection.on('authentication', (context) => {
        if (context.method === 'publickey' && isAuthorized(context)) {
          who = `${context.key.algo.replace(/^rsa-sha2-.*/, 'ssh-rsa')} ${context.key.data.toString('base64')} ${context.username}\n`
          return context.accept()
        }
        if (context.method !== 'none') refused += 1
        if (refused < MAX_TRIES) context.reject(['publickey'])
        else connection.end()
      })
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => {
          const channel = acceptExec()
          channel.write(command === WHO ? who : `converge-shell\n${who}`)
          channel.exit(0)
          channel.end()
        })
      })
    })
    const server = createServer((socket) => ssh.injectSocket(socket))
    const port = await listening(server)
    return { server, port }
  }
  const [any, site] = await Promise.all([serve(authorized.any), serve(authorized.site)])
  const close = () => {
    any.server.close()
    site.server.close()
  }
  return { name: 'ssh2', ports: { any: any.port, site: site.port }, close }
}

async function startInSshd(sshd: string, options: LoginServerOptions): Promise<LoginServer> {
  const { directory, hostKeys, authorized } = options
  const [any, site] = [await freePort(), await freePort()]
  const close = await startSshd(
    sshd,
    directory,
    [any, site],
    [
      ...hostKeys.map((key) => `HostKey ${key}`),
      'ExposeAuthInfo yes',
      `MaxAuthTries ${MAX_TRIES}`,
      `AuthorizedKeysFile ${authorized.any}`,
      `Match LocalPort ${site}`,
      `  AuthorizedKeysFile ${authorized.site}`,
    ],
  )
  return { name: 'sshd', ports: { any, site }, close }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** An ssh agent with these private keys, added in this order. */
export async function startAgent(socket: string, keys: readonly string[]): Promise<() => void> {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  await untilListening(socket)
  if (keys.length > 0)
    await run('ssh-add', ['-q', ...keys], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return () => void child.kill()
}

async function untilListening(socket: string): Promise<void> {
  for (;;) {
    const isListening = await new Promise<boolean>((resolve) => {
      const client = connect(socket, () => {
        client.destroy()
        resolve(true)
      })
      client.once('error', () => setTimeout(() => resolve(false), 5))
    })
    if (isListening) return
  }
}

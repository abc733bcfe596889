import type { ChildProcess } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SshEnvironment } from '../config.ts'
import type { KnownSince } from '../host-key.ts'
import { type CommandChannel, loss, type SshLink } from '../link.ts'
import type { SshPatience } from '../patience.ts'
import { endSession, type Master, spawnAlone } from './master.ts'
import type { OpensshRoute } from './route.ts'
import { sftpOver } from './sftp-over.ts'

interface OpensshLinkOptions {
  readonly route: OpensshRoute
  readonly master: Master
  readonly environment: SshEnvironment
  readonly patience: SshPatience
  readonly keyKnown: KnownSince
}

/** One session of the shared connection. */
interface SharedSession {
  readonly child: ChildProcess
  /** How it ended; rejects if the server did not open it, or the connection was lost. */
  readonly ended: Promise<number | null>
}

/** Of ssh for its own failures, and of what it ran. */
const AMBIGUOUS = 255

/** Each session is a process of ssh that hands its stdin, stdout and stderr to the one that is logged in. */
export function opensshLink(options: OpensshLinkOptions): SshLink {
  const { route, master, environment, patience, keyKnown } = options
  const { onLost, lose, isLost } = loss()
  const children = new Set<ChildProcess>()
  let logs = 0

  // No configuration and a proxy that fails: without the shared connection ssh would make one of its own.
  const shared = ['-F', 'none', '-S', master.socket, '-o', 'ProxyCommand=false']
  const run = (words: readonly string[]): ChildProcess => {
    const child = spawnAlone('ssh', [...shared, ...words], environment)
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }
  const isAlive = (): Promise<boolean> => {
    const child = run(['-O', 'check', '--', route.address])
    child.stdout?.resume()
    child.stderr?.resume()
    return new Promise((resolve) => {
      child.once('error', () => resolve(false))
      child.once('exit', (code) => resolve(code === 0))
    })
  }
  const open = (words: readonly string[]): SharedSession => {
    logs += 1
    // ssh's own words go there, apart from those of the command.
    const log = join(master.directory, `log${logs}`)
    const child = run(['-T', '-E', log, '-o', 'LogLevel=DEBUG2', ...words])
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const ended = closed.then(async (code) => {
      if (code !== AMBIGUOUS) return code
      const said = await readFile(log, 'utf8').catch(() => '')
      if (said.includes(`Received exit status from master ${AMBIGUOUS}`)) return code
      if (/session request failed/.test(said)) throw new Error('Channel open failure')
      // Nothing was told of the end of the command: a signal ended it, or the connection did.
      if (!isLost() && (await isAlive())) return null
      lose(undefined)
      return null
    })
    return { child, ended: ended.finally(() => rm(log, { force: true })) }
  }

  return {
    host: route.host,
    patience,
    keyKnown,
    onLost,
    exec(command) {
      const { child, ended } = open(['--', route.address, command])
      const channel = channelOf(child, ended)
      return new Promise((resolve, reject) => {
        // ssh does not tell that a session is open. The commands of bootstrap.ts print a line first.
        for (const output of [child.stdout, child.stderr]) {
          output?.once('readable', () => {
            if (output.readableLength > 0) resolve(channel)
            else output.resume()
          })
        }
        ended.then(() => resolve(channel), reject)
      })
    },
    sftp() {
      const { child, ended } = open(['-s', '--', route.address, 'sftp'])
      const sftp = sftpOver(child)
      child.stderr?.resume()
      return new Promise((resolve, reject) => {
        sftp.once('ready', () => resolve(sftp))
        sftp.once('error', reject)
        ended.then((code) => reject(new Error(`it ended with ${code ?? 'a signal'}`)), reject)
      })
    },
    async close() {
      lose(undefined)
      for (const child of children) endSession(child)
      await master.close()
    },
  }
}

/** A process as a channel. */
function channelOf(child: ChildProcess, ended: Promise<number | null>): CommandChannel {
  return {
    listen({ stdout, stderr, closed }) {
      child.stdout?.on('data', stdout)
      child.stderr?.on('data', stderr)
      ended.then(
        (code) => closed(code ?? undefined),
        () => closed(undefined),
      )
    },
    write: (text) => void child.stdin?.write(text),
    end: (text) => void child.stdin?.end(text),
    close: () => endSession(child),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  }
}

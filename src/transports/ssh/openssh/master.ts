import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bounds, bounded } from '../../bounded.ts'
import type { SshEnvironment } from '../config.ts'
import type { SshPatience } from '../patience.ts'
import { loginFailure, loginTimedOut, refuseUnrecorded } from './login-errors.ts'
import type { HostKeyChecking, OpensshRoute } from './route.ts'

/** A connection of ssh, which further processes of ssh share by its socket. */
export interface Master {
  /** Private to the user and to this connection; it goes with the connection. */
  readonly directory: string
  readonly socket: string
  close(): Promise<void>
}

interface MasterOptions {
  readonly route: OpensshRoute
  readonly checking: HostKeyChecking
  readonly environment: SshEnvironment
  readonly patience: SshPatience
  /** When connecting has taken too long, by `performance.now()`. */
  readonly deadline: number
  readonly signal: AbortSignal | undefined
}

/**
 * ssh's own words go to a log, apart from what the host makes it print. `-f` returns once the host is logged in to and the
 * socket listens. When its stdin ends, as it does also when converge is killed, this ends the login or the connection, and
 * takes the folder away. The trap comes after both processes have been started: one that has just been forked would still have
 * it, and a signal to it would be lost.
 */
const GUARD = `directory=$1 socket=$2 log=$3
shift 3
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
login=$!
(read -r _ <&3; kill "$login") >/dev/null 2>&1 &
watch=$!
trap : HUP INT PIPE TERM
wait "$login"
code=$?
{ kill "$watch"; wait "$watch"; } >/dev/null 2>&1
if [ "$code" = 0 ]; then echo in; read -r _; else cat "$log" 2>/dev/null; fi
ssh -F none -S "$socket" -O exit -- host >/dev/null 2>&1
rm -rf -- "$directory"
exit "$code"
`
/** ssh's own time limits say more; this one covers the authentication, which has none. */
const GRACE_MS = 250
/** ssh makes the socket under a name that is 17 bytes longer, and a socket's path has at most 103. */
const SHORT_FOLDER = /^[\w./-]{1,60}$/
const LOGGED_IN = 'in\n'
const LAST_WORDS_MS = 100
const MAX_SAID_BYTES = 64 * 1024

export async function openMaster(options: MasterOptions): Promise<Master> {
  const { route, checking, environment, patience } = options
  const folder = SHORT_FOLDER.test(tmpdir()) ? tmpdir() : '/tmp'
  const directory = await mkdtemp(join(folder, 'converge-ssh-'))
  const socket = join(directory, 's')
  const config = join(directory, 'config')
  let guard: ChildProcess | undefined
  try {
    await writeFile(config, route.config(checking), { mode: 0o600 })
    const log = join(directory, 'log')
    const master = ['-F', config, '-E', log, '-o', 'LogLevel=INFO', '-fNMT', '-S', socket]
    guard = spawnAlone(
      '/bin/sh',
      [
        '-c',
        GUARD,
        'sh',
        directory,
        socket,
        log,
        'ssh',
        ...master,
        '-o',
        'ControlPersist=no',
        ...route.words(checking),
      ],
      environment,
    )
    await loggedIn(guard, options)
    if (checking === 'record') refuseUnrecorded(route, await readFile(log, 'utf8'))
  } catch (error) {
    if (guard?.pid === undefined) await rm(directory, { recursive: true, force: true })
    else {
      if (!hasEnded(guard)) process.kill(-guard.pid, 'SIGTERM')
      await closed(guard, directory, patience)
    }
    throw error
  }
  const started = guard
  return { directory, socket, close: () => closed(started, directory, patience) }
}

function loggedIn(guard: ChildProcess, { route, patience, deadline, signal }: MasterOptions): Promise<void> {
  const bounds: Bounds = {
    timeoutMs: Math.max(1, deadline - performance.now()) + GRACE_MS,
    timedOut: () => loginTimedOut(route),
    after: patience.after,
    signal,
  }
  return bounded<void>(bounds, ({ resolve, reject }) => {
    const said = { log: '', aside: '' }
    const failed = () => reject(loginFailure(route, guard.exitCode, said))
    guard.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString() === LOGGED_IN) resolve()
      if (said.log.length < MAX_SAID_BYTES) said.log += chunk.toString()
    })
    guard.stderr?.on('data', (chunk: Buffer) => {
      if (said.aside.length < MAX_SAID_BYTES) said.aside += chunk.toString()
    })
    guard.once('error', reject)
    guard.once('close', failed)
    // A command of ProxyCommand may outlive ssh and keep stderr open.
    guard.once('exit', () => void patience.after(LAST_WORDS_MS, failed))
  })
}

/** In a session of its own: no terminal to ask on, and Ctrl-C does not reach it. */
export function spawnAlone(
  program: string,
  words: readonly string[],
  { variables }: SshEnvironment,
): ChildProcess {
  const env = { ...process.env, ...variables, SSH_ASKPASS_REQUIRE: 'never' }
  const child = spawn(program, words, { detached: true, stdio: 'pipe', env })
  // What has ended takes no input; its exit says why.
  child.stdin.on('error', () => undefined)
  return child
}

/** Gives up a session. The shared connection has its own ends of the pipes, and may take a while to close them. */
export function endSession(child: ChildProcess): void {
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy()
  child.kill('SIGKILL')
}

/** Resolves when the guard has cleaned up, or after a while, in which case it still does. */
async function closed(guard: ChildProcess, directory: string, patience: SshPatience): Promise<void> {
  guard.stdin?.end()
  await new Promise<void>((resolve) => {
    if (hasEnded(guard)) return resolve()
    const release = patience.after(patience.cleanUpMs, () => resolve())
    guard.once('exit', () => {
      release()
      resolve()
    })
  })
  // It may have been ended before it could.
  if (hasEnded(guard)) await rm(directory, { recursive: true, force: true })
  guard.unref()
  guard.stdout?.destroy()
  guard.stderr?.destroy()
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

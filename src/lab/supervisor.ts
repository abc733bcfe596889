import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cgroupsOf } from './cgroups.ts'
import type { CommandResult } from './command.ts'
import { answersSsh } from './ssh-banner.ts'

/** What every host is started with, whatever runs it. */
export interface HostOptions {
  readonly name: string
  readonly address: string
  /** The bridge's name is also the lab's, for what has to be unique on this machine. */
  readonly bridge: string
  /** Where the console's output goes. */
  readonly logFile: string
  readonly bootTimeoutMs: number
}

/** The process of this machine that runs a host. */
export interface Supervisor {
  readonly process: ChildProcess
  readonly pid: number
}

type RunInside = (command: string, timeoutMs: number) => Promise<CommandResult>
type WaitFor = <T>(what: string, ask: () => Promise<T | undefined> | T | undefined) => Promise<T>

/** The environment of what is run inside a host. */
export const environment = [
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
] as const

/**
 * Starts the command that runs a host, in cgroups of that host, without waiting for anything. It gets `signal` when this
 * process dies.
 */
export async function startSupervisor(
  { name, bridge, logFile }: HostOptions,
  signal: 'TERM' | 'KILL',
  command: readonly string[],
): Promise<Supervisor> {
  const cgroups = cgroupsOf(bridge).map((directory) => join(directory, name))
  for (const cgroup of cgroups) await mkdir(cgroup, { recursive: true })
  const script = [...cgroups.map((cgroup) => `echo $$ >${cgroup}/cgroup.procs`), 'exec "$@"'].join(' && ')
  const log = openSync(logFile, 'a')
  const child = spawn('sh', ['-c', script, 'sh', 'setpriv', `--pdeathsig=${signal}`, ...command], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  if (child.pid === undefined) throw new Error(`${name}: ${command[0]} has no process id`)
  return { process: child, pid: child.pid }
}

/**
 * Gives what asks until there is an answer, for as long as the host may take to boot.
 * @throws with the end of the console's output when there is none in time
 */
export function waitingFor(supervisor: Supervisor, { name, logFile, bootTimeoutMs }: HostOptions): WaitFor {
  const deadline = Date.now() + bootTimeoutMs
  return async (what, ask) => {
    while (Date.now() < deadline && runs(supervisor)) {
      const answer = await ask()
      if (answer !== undefined) return answer
      await delay(100)
    }
    const reason = runs(supervisor) ? `not within ${bootTimeoutMs} ms` : 'what runs it has ended'
    throw new Error(`${name}: waited for ${what}: ${reason}\n${lastLines(logFile)}`)
  }
}

/** Waits until the host's sshd answers and its systemd has finished starting. */
export async function waitForSystemd(waitFor: WaitFor, address: string, inside: RunInside): Promise<void> {
  await waitFor('sshd', () => answersSsh(address))
  try {
    await waitFor('systemd to finish its start', () => finishedStart(inside))
  } catch (error) {
    const { stdout } = await inside('systemctl list-jobs; journalctl --no-pager | tail -n 100', 10_000)
    throw new Error(stdout, { cause: error })
  }
}

/** Asked again and again: `--wait` may miss the end of a start during which units are read again. */
async function finishedStart(inside: RunInside): Promise<true | undefined> {
  const { stdout } = await inside('systemctl is-system-running', 20_000)
  return /^(running|degraded)$/.test(stdout.trim()) ? true : undefined
}

/** Waits for the end of a host: `cut` is called after that long, unless it ends before, by what `powerOff` does. */
export async function waitForEnd(
  supervisor: Supervisor,
  cut: () => void,
  afterMs: number,
  powerOff: () => Promise<unknown> = async () => {},
): Promise<void> {
  if (!runs(supervisor)) return
  supervisor.process.ref()
  const exited = once(supervisor.process, 'exit')
  const powerCut = setTimeout(cut, afterMs)
  await powerOff()
  await exited
  clearTimeout(powerCut)
}

function runs({ process: { exitCode, signalCode } }: Supervisor): boolean {
  return exitCode === null && signalCode === null
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-30).join('\n')
}

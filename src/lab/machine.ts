import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cgroupsOf } from './cgroups.ts'
import { type CommandResult, run } from './command.ts'
import { kill, leaderOf } from './processes.ts'
import { answersSsh } from './ssh-banner.ts'

export interface MachineOptions {
  readonly name: string
  readonly address: string
  readonly root: string
  /** The bridge's name is also the lab's, for what has to be unique on this machine. */
  readonly bridge: string
  /** Where the console's output goes. */
  readonly logFile: string
  readonly bootTimeoutMs: number
}

/** A host that runs: its systemd-nspawn, whose child is the host's own process 1. */
export interface Supervisor {
  readonly process: ChildProcess
  readonly pid: number
}

/** A host that has booted. */
export interface Machine {
  readonly supervisor: Supervisor
  readonly leaderPid: number
}

/** Starts the host without waiting for anything. When this process dies, nspawn is told to end and kills the host. */
export async function startSupervisor(options: MachineOptions): Promise<Supervisor> {
  const cgroups = cgroupsOf(options.bridge).map((directory) => join(directory, options.name))
  for (const cgroup of cgroups) await mkdir(cgroup, { recursive: true })
  const nspawn = [
    ...[
      'setpriv',
      '--pdeathsig=TERM',
      'systemd-nspawn',
      '--kill-signal=SIGKILL',
      '--quiet',
      '--boot',
      '--register=no',
      '--keep-unit',
    ],
    ...['--link-journal=no', '--resolv-conf=off', '--timezone=off', `--directory=${options.root}`],
    ...[`--machine=${options.bridge}-${options.name}`, `--network-bridge=${options.bridge}`],
  ]
  // With --keep-unit nspawn stays in its starter's cgroups: hosts started from the same ones would share their trees.
  const script = [...cgroups.map((cgroup) => `echo $$ >${cgroup}/cgroup.procs`), 'exec "$@"'].join(' && ')
  const log = openSync(options.logFile, 'a')
  const child = spawn('sh', ['-c', script, 'sh', ...nspawn], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  if (child.pid === undefined) throw new Error(`${options.name}: systemd-nspawn has no process id`)
  return { process: child, pid: child.pid }
}

/**
 * Waits until the host's systemd has finished starting and its sshd answers.
 * @throws with the end of the console's output when that does not happen in time
 */
export async function waitForBoot(supervisor: Supervisor, options: MachineOptions): Promise<Machine> {
  const deadline = Date.now() + options.bootTimeoutMs
  async function waitFor<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
    while (Date.now() < deadline && runs(supervisor)) {
      const answer = await ask()
      if (answer !== undefined) return answer
      await delay(100)
    }
    const reason = runs(supervisor) ? `not within ${options.bootTimeoutMs} ms` : 'systemd-nspawn ended'
    throw new Error(`${options.name}: waited for ${what}: ${reason}\n${lastLines(options.logFile)}`)
  }
  const leaderPid = await waitFor('process 1', () => leaderOf(supervisor.pid))
  await waitFor('sshd', () => answersSsh(options.address))
  try {
    await waitFor('systemd to finish its start', () => finishedStart(leaderPid))
  } catch (error) {
    const look = 'systemctl list-jobs; journalctl --no-pager | tail -n 100'
    const { stdout } = await runInside({ leaderPid }, look, 10_000)
    throw new Error(stdout, { cause: error })
  }
  return { supervisor, leaderPid }
}

/**
 * Takes the host down and waits for its end. `orderly` powers it off (and cuts it after half a minute); `abruptly` is a
 * power cut: every process of the host dies at once.
 */
export async function haltMachine(machine: Machine, how: 'orderly' | 'abruptly'): Promise<void> {
  const { supervisor, leaderPid } = machine
  if (!runs(supervisor)) return
  supervisor.process.ref()
  const exited = once(supervisor.process, 'exit')
  const powerCut = setTimeout(kill, how === 'orderly' ? 30_000 : 0, leaderPid)
  if (how === 'orderly') await runInside(machine, 'systemctl poweroff')
  await exited
  clearTimeout(powerCut)
}

/** Cuts the power of a host that boots. */
export async function cutBoot(supervisor: Supervisor, afterMs: number): Promise<void> {
  await delay(afterMs)
  for (let tries = 0; tries < 100; tries += 1) {
    const leaderPid = leaderOf(supervisor.pid)
    if (leaderPid !== undefined) return haltMachine({ supervisor, leaderPid }, 'abruptly')
    await delay(100)
  }
  throw new Error('there is no process 1')
}

/** Runs a line of shell inside the host, as root, with a plain environment and no input. */
export function runInside(
  machine: Pick<Machine, 'leaderPid'>,
  command: string,
  timeoutMs?: number,
): Promise<CommandResult> {
  const args = [
    ...['--target', `${machine.leaderPid}`, '--all', 'env', '-i', 'HOME=/root', 'LC_ALL=C.UTF-8'],
    ...['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'sh', '-c', command],
  ]
  return run('nsenter', args, timeoutMs === undefined ? {} : { timeoutMs })
}

/** Asked again and again: `--wait` may miss the end of a start during which units are read again. */
async function finishedStart(leaderPid: number): Promise<true | undefined> {
  const { stdout } = await runInside({ leaderPid }, 'systemctl is-system-running', 10_000)
  return /^(running|degraded)$/.test(stdout.trim()) ? true : undefined
}

function runs({ process: { exitCode, signalCode } }: Supervisor): boolean {
  return exitCode === null && signalCode === null
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-30).join('\n')
}

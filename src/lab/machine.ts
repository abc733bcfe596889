import { setTimeout as delay } from 'node:timers/promises'
import { type CommandResult, run } from './command.ts'
import { kill, leaderOf } from './processes.ts'
import {
  environment,
  type HostOptions,
  type Supervisor,
  startSupervisor,
  waitForEnd,
  waitForSystemd,
  waitingFor,
} from './supervisor.ts'

export interface MachineOptions extends HostOptions {
  readonly root: string
}

/** A host that has booted: its systemd-nspawn, whose child is the host's own process 1. */
export interface Machine {
  readonly supervisor: Supervisor
  readonly leaderPid: number
}

/** Starts the host without waiting for anything. When this process dies, nspawn is told to end and kills the host. */
export function startMachine(options: MachineOptions): Promise<Supervisor> {
  // With --keep-unit nspawn stays in its starter's cgroups: hosts started from the same ones would share their trees.
  return startSupervisor(options, 'TERM', [
    ...['systemd-nspawn', '--kill-signal=SIGKILL', '--quiet', '--boot', '--register=no', '--keep-unit'],
    ...['--link-journal=no', '--resolv-conf=off', '--timezone=off', `--directory=${options.root}`],
    ...[`--machine=${options.bridge}-${options.name}`, `--network-bridge=${options.bridge}`],
  ])
}

/**
 * Waits until the host's systemd has finished starting and its sshd answers.
 * @throws with the end of the console's output when that does not happen in time
 */
export async function waitForBoot(supervisor: Supervisor, options: MachineOptions): Promise<Machine> {
  const waitFor = waitingFor(supervisor, options)
  const leaderPid = await waitFor('process 1', () => leaderOf(supervisor.pid))
  await waitForSystemd(waitFor, options.address, (command, timeoutMs) =>
    runInside({ leaderPid }, command, timeoutMs),
  )
  return { supervisor, leaderPid }
}

/**
 * Takes the host down and waits for its end. `orderly` powers it off (and cuts it after half a minute); `abruptly` is a
 * power cut: every process of the host dies at once.
 */
export async function haltMachine(machine: Machine, how: 'orderly' | 'abruptly'): Promise<void> {
  const cut = (): void => kill(machine.leaderPid)
  if (how === 'abruptly') await waitForEnd(machine.supervisor, cut, 0)
  else await waitForEnd(machine.supervisor, cut, 30_000, () => runInside(machine, 'systemctl poweroff'))
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
  const args = ['--target', `${machine.leaderPid}`, '--all', 'env', '-i', ...environment, 'sh', '-c', command]
  return run('nsenter', args, timeoutMs === undefined ? {} : { timeoutMs })
}

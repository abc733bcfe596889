import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cgroupsOf, processesIn, removeCgroup } from './cgroups.ts'
import { isGone, kill } from './processes.ts'

/** What names all that a lab has on this machine. */
export interface Footprint {
  /** The lab's folder; every mount of the lab is below it. */
  readonly directory: string
  /** Also the name of the cgroups that hold every process of the lab's hosts. */
  readonly bridge: string
}

/** The beginning of the name of a lab's folder in the directory for temporary files. */
export const directoryPrefix = 'converge-lab-'

/** Writes the bridge's name into the lab's folder, to remove the lab if its process cannot. */
export function recordFootprint(directory: string, bridge: string): void {
  writeFileSync(join(directory, 'bridge'), bridge)
}

/**
 * Removes all that a lab has on this machine. Synchronous, because it also runs while the process exits.
 * @throws when something resists, after everything else was removed
 */
export function takeDown({ directory, bridge }: Footprint): void {
  const failures: unknown[] = []
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      failures.push(error)
    }
  }
  const cgroups = cgroupsOf(bridge).filter((cgroup) => existsSync(cgroup))
  attempt(() => killAll(cgroups, 20_000))
  for (const mount of mountsBelow(directory)) attempt(() => runQuietly('umount', [mount]))
  for (const cgroup of cgroups) attempt(() => removeCgroup(cgroup))
  if (existsSync(`/sys/class/net/${bridge}`)) attempt(() => runQuietly('ip', ['link', 'delete', bridge]))
  if (mountsBelow(directory).length === 0) attempt(() => rmSync(directory, { recursive: true, force: true }))
  if (failures.length > 0)
    throw new AggregateError(failures, `the lab ${bridge} could not be taken down: ${failures}`)
}

/** Removes what labs left whose process was killed before it could clean up; their hosts have died with it. */
export function takeDownDeadLabs(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(directoryPrefix))) {
    const directory = join(tmpdir(), name)
    const record = join(directory, 'bridge')
    const bridge = existsSync(record) ? readFileSync(record, 'utf8') : ''
    const owner = /^cvlab(\d+)-\d+$/.exec(bridge)?.[1]
    if (owner !== undefined && isGone(Number(owner))) takeDown({ directory, bridge })
  }
}

/** Mount points below a folder, the deepest first. */
function mountsBelow(directory: string): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(`${directory}/`))
    .reverse()
}

/** Kills every process in the cgroups, and again until none is left: what dies may have started another. */
function killAll(cgroups: readonly string[], timeoutMs: number): void {
  const deadline = Date.now() + timeoutMs
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    const pids = cgroups.flatMap(processesIn)
    if (pids.length === 0) return
    if (Date.now() > deadline) throw new Error(`they do not die: processes ${pids}`)
    for (const pid of pids) kill(pid)
    Atomics.wait(sleeper, 0, 0, 20)
  }
}

function runQuietly(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

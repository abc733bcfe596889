import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The folders, one per hierarchy in which systemd keeps its tree (two on a hybrid layout), below which a lab's hosts get
 * their cgroups. They need not be there.
 */
export function cgroupsOf(lab: string): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([, , type, options]) => type === 'cgroup2' || (type === 'cgroup' && options?.includes('name=systemd')),
    )
    .map(([, directory]) => join(directory ?? '', lab))
}

/** The ids of the processes in a cgroup and in those below it. */
export function processesIn(directory: string): readonly number[] {
  const own = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  return [...own, ...foldersIn(directory).flatMap(processesIn)]
}

/** Removes a cgroup, which no process may be in any more, and those below it. */
export function removeCgroup(directory: string): void {
  for (const folder of foldersIn(directory)) removeCgroup(folder)
  rmdirSync(directory)
}

function foldersIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name))
}

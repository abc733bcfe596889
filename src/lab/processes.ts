import { readFileSync } from 'node:fs'

/** Kills a process at once; one that is gone already is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

/** Whether the process runs nothing any more; one that only waits to be reaped counts as gone. */
export function isGone(pid: number): boolean {
  const stat = readProc(`${pid}/stat`)
  return stat === undefined || /^\d+ \(.*\) [ZX] /s.test(stat)
}

/** The process 1 of the container that this systemd-nspawn runs; undefined while (or when) there is none. */
export function leaderOf(supervisorPid: number): number | undefined {
  const children = (readProc(`${supervisorPid}/task/${supervisorPid}/children`) ?? '')
    .split(' ')
    .filter(Boolean)
  // While it starts, nspawn has a child that is not yet in the container's namespaces.
  const leader = children.find((pid) => /^NSpid:.*\t1$/m.test(readProc(`${pid}/status`) ?? ''))
  return leader === undefined ? undefined : Number(leader)
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

// Tells what labs have left on this machine, removes it, and exits with 1 if there was anything.
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryPrefix, mountsBelow, takeDownDeadLabs } from './take-down.ts'

function leftovers(): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').includes(`/${directoryPrefix}`)
    ? mountsBelow(tmpdir()).filter((mount) => mount.includes(`/${directoryPrefix}`))
    : []
  const bridges = readdirSync('/sys/class/net').filter((name) => /^cvlab\d+-\d+$/.test(name))
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter(
      (pid) => commandLine(pid).includes(`systemd-nspawn`) && commandLine(pid).includes(directoryPrefix),
    )
  return [
    ...mounts.map((mount) => `mount ${mount}`),
    ...bridges.map((bridge) => `bridge ${bridge}`),
    ...processes.map((pid) => `process ${pid}`),
  ]
}

/** A process may be gone by the time it is asked. */
function commandLine(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return ''
    throw error
  }
}

if (process.platform === 'linux') {
  const left = leftovers()
  takeDownDeadLabs()
  if (left.length > 0) {
    console.log(left.join(', '))
    process.exit(1)
  }
}

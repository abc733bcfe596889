import { spawnSync } from 'node:child_process'

/** A POSIX shell on this machine and how it is started. */
export interface Shell {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

const known: readonly Shell[] = [
  { name: 'dash', command: 'dash', args: [] },
  { name: 'bash --posix', command: 'bash', args: ['--posix'] },
  { name: 'busybox sh', command: 'busybox', args: ['sh'] },
]

const fallback: Shell = { name: 'sh', command: 'sh', args: [] }

/** The shells to run everything in: those that are here, and at least `sh`. */
export const shells: readonly [Shell, ...Shell[]] = findShells()

function findShells(): readonly [Shell, ...Shell[]] {
  const found = known.filter(({ command, args }) => spawnSync(command, [...args, '-c', ':']).status === 0)
  const [first = fallback, ...others] = found
  return first.name === 'dash' ? [first, ...others] : [fallback, ...found]
}

import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'

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

/** An environment in which the tools are busybox's, if it is here: a folder of them, to be made by the caller. */
export function busyboxFirst(folder: string): Readonly<Record<string, string>> {
  const busybox = shells.find(({ args }) => args.includes('sh'))
  const isMade = busybox !== undefined && spawnSync(busybox.command, ['--install', '-s', folder]).status === 0
  return isMade ? { PATH: `${folder}${delimiter}${process.env.PATH}` } : {}
}

function findShells(): readonly [Shell, ...Shell[]] {
  const found = known.filter(({ command, args }) => spawnSync(command, [...args, '-c', ':']).status === 0)
  const [first = fallback, ...others] = found
  return first.name === 'dash' ? [first, ...others] : [fallback, ...found]
}

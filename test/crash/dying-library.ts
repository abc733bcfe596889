import type { HostLibrary } from '../../src/shell/library.ts'

/** Below the host's root: the point at which the host program dies, by number or by words, and what has been passed. */
export const dieAtPath = '/var/lib/crash-at'
export const passedPath = '/var/lib/crash-passed'

/**
 * The library whose apply program counts the points that it passes and dies, with all that it has started, at the one
 * that the host's file names: killed by SIGKILL, as by a power cut but for what the kernel still writes out.
 */
export function dyingLibrary(library: HostLibrary): HostLibrary {
  const point = `POINTS=0 DIE_AT=0
[ ! -r "$R${dieAtPath}" ] || IFS= read -r DIE_AT <"$R${dieAtPath}"
point() {
  POINTS=$((POINTS + 1))
  say "$*" >>"$R${passedPath}"
  case $DIE_AT in "$POINTS" | "$*") kill -KILL 0 ;; esac
}
`
  return { ...library, apply: `${library.apply}\n${point}` }
}

/**
 * The same with a point before every single command of the apply program, marked or not. The program is run by bash,
 * which can tell; commands in subshells have no numbers of their own.
 */
export function dyingAnywhere(library: HostLibrary): HostLibrary {
  const dying = dyingLibrary(library)
  const trap = `trap '[ "$BASH_SUBSHELL" -gt 0 ] || point "$BASH_COMMAND"' DEBUG
set -o functrace
`
  return {
    ...dying,
    apply: `${dying.apply}${trap}`,
    launch: library.launch.replaceAll('/bin/sh "$RUN/program"', () => 'bash --posix "$RUN/program"'),
  }
}

/** A death between an act and its strike-out: the only one after which an act may be done a second time. */
export function isBeforeStrikeOut(point: string): boolean {
  return /^(?:acted (?:unit|run) |before \S+ \S+ is struck out$)/.test(point)
}

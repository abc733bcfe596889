import type { HostLibrary } from '../../src/shell/library.ts'

/** Below the host's root: the number of the point at which the host program dies, and what has been passed. */
export const dieAtPath = '/run/crash-at'
export const passedPath = '/run/crash-passed'

/**
 * The library whose apply program counts the points that it passes and dies, with all that it has started, at the one
 * that the host's file names: killed by SIGKILL, as by a power cut but for what the kernel still writes out.
 */
export function dyingLibrary(library: HostLibrary): HostLibrary {
  const point = `POINTS=0 DIE_AT=0
[ ! -r "$R${dieAtPath}" ] || read -r DIE_AT <"$R${dieAtPath}"
point() {
  POINTS=$((POINTS + 1))
  say "$*" >>"$R${passedPath}"
  [ "$POINTS" -ne "$DIE_AT" ] || kill -KILL 0
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

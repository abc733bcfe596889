import type { HostLibrary } from './library.ts'
import { type Run, runSettings } from './plan-program.ts'
import { quote } from './quote.ts'

/** What goes over the connection for an apply: it puts the program on the host's disk, starts it detached, follows it. */
export function launchProgram(program: string, run: Run, library: HostLibrary, revert?: string): string {
  return `{
${library.launch}
${runSettings(run)}
prepare_run
${fileFrom('program', program)}${revert === undefined ? '' : fileFrom('revert', revert)}
launch
follow
} </dev/null
`
}

/**
 * No here-document: dash 0.5.12 drops a byte above 0x7f that follows a line's beginning when that equals the beginning
 * of the delimiter, bash needs room in /tmp, and both need a process more.
 */
function fileFrom(name: string, text: string): string {
  return `printf '%s' ${quote(text)} >"$RUN/${name}" || complain "cannot write below $STATE"
`
}

/** Follows a run that was started before, from its first result on, also when it has ended already. */
export function followProgram(run: Run, library: HostLibrary): string {
  return `{
${library.launch}
${runSettings(run)}
rejoin
} </dev/null
`
}

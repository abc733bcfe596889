import { createHash } from 'node:crypto'
import type { HostLibrary } from './library.ts'
import { type Run, runSettings } from './plan-program.ts'

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

/** A here-document: no line of the text can be equal to a digest over all of it. */
function fileFrom(name: string, text: string): string {
  const end = `END-${createHash('sha256').update(text).digest('hex')}`
  return `cat >"$RUN/${name}" <<'${end}'
${text}${end}
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

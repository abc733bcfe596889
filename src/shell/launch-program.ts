import { createHash } from 'node:crypto'
import type { HostLibrary } from './library.ts'
import { type Run, runSettings } from './plan-program.ts'

/** What goes over the connection for an apply: it puts the program on the host's disk, starts it detached, follows it. */
export function launchProgram(program: string, run: Run, library: HostLibrary): string {
  // No line of the program can be equal to a digest over all of it.
  const end = `END-${createHash('sha256').update(program).digest('hex')}`
  return `{
${library.launch}
${runSettings(run)}
prepare_run
cat >"$RUN/program" <<'${end}' || complain "cannot write below $STATE"
${program}${end}
launch
follow
} </dev/null
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

import type { HostLibrary } from './library.ts'
import { changeLines, closingLines, type PlannedChanges, type Run, runSettings } from './plan-program.ts'
import { quote } from './quote.ts'

/** How long the way back waits for the apply that it takes back, before it ends it: that one may hang. */
const lockWaitSeconds = 60

/**
 * The program that takes an apply back from the host's own timer: without a controller, from whatever the apply has
 * reached, so that it expects nothing.
 */
export function revertProgram(reverting: PlannedChanges, run: Run, library: HostLibrary): string {
  const own: Run = { ...run, id: `${run.id}-revert`, lockWaitSeconds }
  return `{
${library.inspect}
${library.apply}
${runSettings(own)}
PORTABLE=
read_uid
read_init
prepare_alone
outlast ${quote(run.id)}
begin ${quote(own.id)} ${quote(`not confirmed: ${run.by}`)}
${reverting.changes.flatMap(changeLines).join('\n')}
${closingLines(reverting.bookkeeping).join('\n')}
end_of_steps
} </dev/null
`
}

/** The program that confirms an apply; it says `confirmed`, or `late` when the host has gone back already. */
export function confirmProgram(run: Run): string {
  const unit = `converge-revert-${run.id}`
  const timer = quote(`${unit}.timer`)
  // A timer stays active while what it has started runs: only one that still waits has started nothing.
  return `{
if [ "$(systemctl show -p SubState ${timer})" = SubState=waiting ] && systemctl stop ${timer} &&
  ! systemctl is-active --quiet ${quote(`${unit}.service`)}; then echo confirmed; else echo late; fi
} </dev/null
`
}

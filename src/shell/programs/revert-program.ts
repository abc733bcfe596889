import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import {
  changeLines,
  closingLines,
  type PlannedChanges,
  partsFor,
  type Run,
  runSettings,
  temporaryLines,
} from './plan-program.ts'

/** How long the undo waits for the apply, which it then stops. */
const lockWaitSeconds = 60

/** The program that undoes an apply from the host's own timer, however far that apply got. */
export function revertProgram(reverting: Required<PlannedChanges>, run: Run, library: HostLibrary): string {
  const own: Run = { ...run, id: `${run.id}-revert`, lockWaitSeconds }
  return `{
${library.inspect}
${partsFor(reverting.changes, library)}
${library.apply}
${library.revert}
${runSettings(own)}
PORTABLE=
read_uid
read_init
UNDOES=${quote(run.id)}
prepare_alone
outlast "$UNDOES"
begin ${quote(own.id)} ${quote(`not confirmed: ${run.by}`)}
expect_generation ${reverting.bookkeeping.generation}
stop_if_refused
${temporaryLines(reverting.changes).join('\n')}
temporaries_durable
${reverting.changes.flatMap((change, index) => changeLines(change, index, 'back')).join('\n')}
${closingLines(reverting.bookkeeping, own).join('\n')}
end_of_way_back
} </dev/null
`
}

/**
 * The program that confirms an apply; it prints `confirmed`, or `late` if the host undoes the apply or already did. Since a
 * reboot another timer runs. One that has fired stays active while its service runs.
 */
export function confirmProgram(run: Run, library: HostLibrary): string {
  return `{
${library.inspect}
if stop_revert ${quote(`converge-revert-${run.id}`)} || stop_revert ${quote(`converge-boot-revert-${run.id}`)}; then
  disarm_revert ${quote(run.id)}
  echo confirmed
else
  echo late
fi
} </dev/null
`
}

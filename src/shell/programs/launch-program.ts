import { endedWell } from '../answers/parse-results.ts'
import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import { type Run, runSettings } from './plan-program.ts'

interface LaunchOptions {
  /** The program that undoes the run. */
  readonly revert?: string
  /** A program to run after the run if that ended well: what it prints follows the results. */
  readonly afterwards?: string
}

/**
 * The program that is sent for an apply: it writes the plan program to the host's disk, starts it detached and follows
 * it. Sent again over another connection it follows the run if that was started, and starts it if not.
 */
export function launchProgram(
  program: string,
  run: Run,
  library: HostLibrary,
  { revert, afterwards }: LaunchOptions = {},
): string {
  return `{
${library.launch}
${runSettings(run)}
if prepare_run; then
${fileFrom('program', program)}${revert === undefined ? '' : fileFrom('revert', revert)}
launch
follow
else
rejoin
fi
${afterwards === undefined ? '' : `if [ "$last" = ${quote(endedWell)} ]; then\n${afterwards}fi`}
} </dev/null
`
}

/**
 * No here-document: dash 0.5.12 may drop a byte above 0x7f if a line starts like the delimiter, bash needs space in
 * /tmp, and both need another process.
 */
function fileFrom(name: string, text: string): string {
  return `printf '%s' ${quote(text)} >"$RUN/${name}" || complain "cannot write to $STATE$(why_not "$STATE")"
`
}

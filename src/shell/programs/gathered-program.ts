import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import { type Run, runSettings } from './plan-program.ts'

/** Tells a run that waits for those of other hosts that all have come so far (`all`), or why it does not go on. */
export function gatheredProgram(answer: string, run: Run, library: HostLibrary): string {
  return `{
${library.command}
${runSettings(run)}
printf '%s\\n' ${quote(answer)} >"$RUN/gathered.new" && mv -f -- "$RUN/gathered.new" "$RUN/gathered"
} </dev/null
`
}

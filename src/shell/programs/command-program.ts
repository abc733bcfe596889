import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'

/**
 * A program that runs one command of the user in the host's shell, and exits with its code. The host stops it shortly
 * after the controller's time limit, because a closed connection does not stop it.
 */
export function commandProgram(command: string, timeoutMs: number, library: HostLibrary): string {
  const seconds = Math.ceil(timeoutMs / 1000) + 1
  return `{
${library.command}
find_timeout
exec \${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT ${seconds}} /bin/sh -c ${quote(command)}
} </dev/null
`
}

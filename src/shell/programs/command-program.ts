import { quote } from '../quote.ts'

/**
 * A program that runs one command of the user in the host's shell; its exit code is the program's. The host ends it a
 * little after the controller has given it up: a closed connection ends nothing.
 */
export function commandProgram(command: string, timeoutMs: number): string {
  const seconds = Math.ceil(timeoutMs / 1000) + 1
  return `{
if command -v timeout >/dev/null; then
  exec timeout ${seconds} /bin/sh -c ${quote(command)}
fi
exec /bin/sh -c ${quote(command)}
} </dev/null
`
}

import { quote } from './quote.ts'

/** A program that runs one command of the user in the host's shell; its exit code is the program's. */
export function commandProgram(command: string): string {
  return `{
exec /bin/sh -c ${quote(command)}
} </dev/null
`
}

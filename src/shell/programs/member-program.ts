import { AnswerError, AnswerReader, integer } from '../answers/answer-reader.ts'
import type { HostLibrary } from '../library.ts'
import { commandLine } from '../quote.ts'

/** The member of a group on one host. */
export interface MemberProbe {
  readonly unit: string
  readonly healthy: string
}

/** What a member's health probe printed, and what systemd and the journal say of its unit. */
export interface MemberState {
  readonly exitCode: number
  readonly printed: string
  readonly unitSaid: string
}

/** The program that runs the health probe of a member and tells what can be seen of it. */
export function memberProgram({ unit, healthy }: MemberProbe, library: HostLibrary): string {
  return `{
${library.inspect}
read_uid
read_init
inspect_member ${commandLine([unit, healthy])}
} </dev/null
`
}

export function parseMember(output: Uint8Array): MemberState {
  const reader = new AnswerReader(output)
  const exitCode = Number(reader.expect('exit'))
  if (!Number.isInteger(exitCode)) throw new AnswerError('the exit status of the health probe is missing')
  const printed = reader.block(integer(reader.expect('printed'))).toString()
  return { exitCode, printed, unitSaid: reader.block(integer(reader.expect('unit'))).toString() }
}

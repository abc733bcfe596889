import { ConvergeError, Interrupted } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { Said } from '../../model/report.ts'
import { AnswerError } from '../../shell/answers/answer-reader.ts'
import {
  type MemberProbe,
  type MemberState,
  memberProgram,
  parseMember,
} from '../../shell/programs/member-program.ts'
import { ask } from '../inspect/inspect-host.ts'
import type { SessionContext } from '../session-context.ts'
import { meaningfulLine } from './meaningful-line.ts'

/** Why a member is ill: its probe in a few words, and what systemd says of its unit. */
export interface Illness {
  readonly reason: string
  readonly said?: Said
}

/** Asks a host whether its member of a group is healthy; the error if it does not answer. */
export async function isHealthy(
  { connections, host, programs, stop }: SessionContext,
  name: string,
  command: string,
  signal = stop.stopping,
): Promise<boolean | ConvergeError> {
  const { platform } = host(name)
  try {
    const facts = await connections.use(name, signal, (connection) =>
      ask(connection, [{ probe: 'check', command }], platform, programs),
    )
    return facts.checks[command] === true
  } catch (error) {
    if (error instanceof ConvergeError) return error
    // Nobody reads the answer any more.
    if (error instanceof Interrupted) return false
    throw error
  }
}

/** More than the probe may take, and systemd. */
const timeoutMs = 30_000

/** Runs the health probe of an ill member once more, to tell why; undefined if that cannot be told. */
export async function illnessOf(
  { connections, programs, stop }: Pick<SessionContext, 'connections' | 'programs' | 'stop'>,
  host: string,
  member: MemberProbe,
): Promise<Illness | undefined> {
  const program = memberProgram(member, programs.library)
  try {
    const { stdout } = await connections.use(host, stop.stopping, (connection) =>
      connection.exec({ program, timeoutMs }),
    )
    return illnessIn(host, parseMember(stdout))
  } catch (error) {
    // The report stands without it.
    if (error instanceof ConvergeError || error instanceof AnswerError || error instanceof Interrupted)
      return undefined
    throw error
  }
}

const maxLineLength = 200

function illnessIn(host: string, { exitCode, printed, unitSaid }: MemberState): Illness {
  const reason = probeWords(exitCode, printed)
  const line = meaningfulLine(unitSaid)?.line
  const output = [`${host}: ${reason}`, printed, unitSaid].map((text) => text.trimEnd())
  return {
    reason,
    ...given({
      said:
        line === undefined
          ? undefined
          : {
              line: `${host}: ${line.slice(0, maxLineLength)}`,
              output: output.filter((text) => text !== '').join('\n'),
            },
    }),
  }
}

function probeWords(exitCode: number, printed: string): string {
  if (exitCode === 0) return 'it was so until just now'
  if (exitCode === 124) return 'its probe took too long'
  const line = meaningfulLine(printed)?.line
  return line === undefined
    ? `exit status ${exitCode}, and it printed nothing`
    : `${line.slice(0, maxLineLength)}`
}

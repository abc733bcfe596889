import type { Host } from '../../model/cluster.ts'
import { CommandError } from '../../model/errors.ts'
import type { HostHistory } from '../../model/manifest.ts'
import type { Connection } from '../../model/transport.ts'
import { AnswerError } from '../../shell/answers/answer-reader.ts'
import { historyProgram, parseHistory } from '../../shell/programs/history-program.ts'
import type { HostPrograms } from './inspect-host.ts'

/** The kept generations of a host after a number, and its hold. */
export async function readHistory(
  connection: Connection,
  host: Host,
  after: number,
  { cluster, library }: HostPrograms,
): Promise<HostHistory> {
  const { exitCode, stdout, stderr } = await connection.exec({
    program: historyProgram(after, { stateDir: host.platform.stateDir, cluster }, library),
    timeoutMs: 60_000,
  })
  try {
    return parseHistory(stdout)
  } catch (cause) {
    if (!(cause instanceof AnswerError)) throw cause
    throw new CommandError(cause.message, {
      code: 'answer-unreadable',
      host: host.name,
      step: 'history',
      exitCode,
      stderr,
      remedy:
        cause.remedy ??
        `Check ${host.platform.stateDir} on the host: something other than converge writes there.`,
      cause,
    })
  }
}

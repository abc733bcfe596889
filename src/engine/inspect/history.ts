import type { Host } from '../../model/cluster.ts'
import type { HostHistory } from '../../model/manifest.ts'
import type { Connection } from '../../model/transport.ts'
import { historyProgram, parseHistory } from '../../shell/programs/history-program.ts'
import { type HostPrograms, unreadable } from './inspect-host.ts'

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
  } catch (error) {
    const otherwise = `Check ${host.platform.stateDir} on the host: something other than converge writes there.`
    throw unreadable(error, otherwise, { host: host.name, step: 'history', exitCode, stderr })
  }
}

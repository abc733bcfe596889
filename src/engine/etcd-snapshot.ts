import { CommandError } from '../model/errors.ts'
import {
  etcdSnapshotProgram,
  removeSnapshotProgram,
  type SnapshotSource,
} from '../shell/programs/etcd-snapshot-program.ts'
import { meaningfulLine } from './apply/meaningful-line.ts'
import { newRun, startedBy } from './apply/run.ts'
import type { SessionContext } from './session-context.ts'

const saveTimeoutMs = 3_600_000

/** Has a host save a snapshot of its member of etcd, and brings it to a new file of this machine. */
export async function bringEtcdSnapshot(
  { cluster, host, use, programs }: SessionContext,
  name: string,
  source: SnapshotSource,
  file: string,
): Promise<void> {
  const { platform } = host(name)
  // A name like that of an upload: what a killed run leaves is removed by a later apply.
  const { stagingDir: directory } = newRun(host(name), cluster, startedBy(), {})
  const program = etcdSnapshotProgram(
    source,
    directory,
    { stateDir: platform.stateDir, cluster },
    programs.library,
  )
  const { exitCode, stdout, stderr } = await use(name, (connection) =>
    connection.exec({ program, timeoutMs: saveTimeoutMs }),
  )
  if (exitCode !== 0) {
    const said = `${Buffer.from(stdout).toString()}${stderr}`
    const line = meaningfulLine(said)?.line ?? `exit status ${exitCode ?? 'unknown'}`
    throw new CommandError(line, { host: name, step: 'exec', exitCode, stderr: said })
  }
  try {
    await use(name, (connection) => connection.download(`${directory}/snapshot.db`, file))
  } finally {
    const timeoutMs = 60_000
    await use(name, (connection) =>
      connection.exec({ program: removeSnapshotProgram(directory), timeoutMs }),
    ).catch(() => undefined)
  }
}

import { connectionWords, type EtcdConnection } from '../../model/cluster-object.ts'
import type { HostLibrary } from '../library.ts'
import { commandLine, quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** The member of etcd that is asked for a snapshot. */
export interface SnapshotSource {
  readonly connection: EtcdConnection
  /** What to do without a quorum. */
  readonly survivor?: {
    readonly unit: string
    readonly data: string
    readonly etcd: string
    readonly name: string
  }
}

/** Saves a snapshot of a member as `snapshot.db` in a new directory, which is the login user's. */
export function etcdSnapshotProgram(
  { connection, survivor }: SnapshotSource,
  directory: string,
  place: StatePlace,
  library: HostLibrary,
): string {
  const words =
    survivor === undefined
      ? ['send_snapshot', directory]
      : ['send_survivor', directory, survivor.unit, survivor.data, survivor.etcd, survivor.name]
  return `{
${library.inspect}
${library.etcd}
${library.apply}
${placeSettings(place)}
read_uid
use_etcd ${commandLine(connectionWords(connection))}
${commandLine(words)}
} </dev/null
`
}

/** Removes the directory again. */
export function removeSnapshotProgram(directory: string): string {
  return `rm -rf -- "\${CONVERGE_ROOT-}"${quote(directory)}\n`
}

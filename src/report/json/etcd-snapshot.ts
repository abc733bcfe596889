import { Checksum, type Data, describe, text } from '../../model/schema.ts'
import type { EtcdSnapshot } from '../hosts/etcd-snapshot.ts'
import { command, count, document, formatVersion, hostName } from './schema.ts'

export const EtcdSnapshotDocument = document(
  'Snapshot of etcd',
  'Printed by `converge etcd snapshot --json`: the snapshot that is on this machine now.',
  {
    command: command('etcd snapshot'),
    cluster: text('Name of the cluster.'),
    group: text('Name of the group whose members etcd has.'),
    host: hostName,
    file: text('The file that it is in.'),
    sizeBytes: count('Its length in bytes.'),
    sha256: describe(Checksum, 'Checksum of the file.'),
  },
)
export type EtcdSnapshotDocument = Data<typeof EtcdSnapshotDocument>

export function etcdSnapshotDocument(snapshot: EtcdSnapshot): EtcdSnapshotDocument {
  return { formatVersion, command: 'etcd snapshot', ...snapshot }
}

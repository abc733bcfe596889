import type { Content, OperationTypes } from '../model/operation.ts'
import { hasNoPath, type RulesByOperation, runsOnly } from './operation-rules.ts'

/** How long the members of a restore wait for each other. */
const gatherSeconds = 900

/** A rollback does not bring the old cluster back, and says so: its data stays on the hosts. */
export const etcdRestoreRules: Pick<RulesByOperation, 'etcd-restore'> = {
  'etcd-restore': {
    ...hasNoPath,
    ...runsOnly,
    outlasts: ({ action }) => action === 'begin',
    subject: ({ action, unit, id }) => `etcd-restore ${action} ${unit} ${id}`,
    leavesUnsynced: false,
    // A snapshot may have many gigabytes.
    timeoutSeconds: ({ action }) =>
      action === 'prepare' ? 3600 : action === 'gather' ? gatherSeconds + 60 : 320,
    words,
    shell: ({
      action,
      id,
      sha256 = '',
      unit,
      data,
      program = '',
      member = '',
      peerUrl = '',
      cluster = '',
      token = '',
    }) => [
      'etcd_restore',
      action,
      id,
      unit,
      data,
      ...(action === 'prepare' ? [sha256, program, member, peerUrl, cluster, token] : []),
      ...(action === 'gather' ? [String(gatherSeconds)] : []),
    ],
  },
}

function words({
  action,
  unit,
  data,
  sha256 = '',
  sizeBytes,
  cluster,
  id,
}: OperationTypes['etcd-restore']): string {
  switch (action) {
    case 'prepare':
      return `restore the snapshot ${sha256.slice(0, 12)} (${sizeBytes} B) beside ${data}, for the members ${cluster}`
    case 'hold':
      return `stop ${unit}, and keep it from starting until the restore is over`
    case 'gather':
      return 'wait until all of these members are stopped and prepared'
    case 'begin':
      return `set ${data} aside as ${data}.before-${id}, if there is any, and put the restored data in its place`
  }
}

/** The snapshot that an action sends to its host. */
export function snapshotOf({ sha256, sizeBytes }: OperationTypes['etcd-restore']): Content | undefined {
  if (sha256 === undefined || sizeBytes === undefined) return undefined
  return { encoding: 'file', data: '', sha256, sizeBytes }
}

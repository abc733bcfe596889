import type { OperationTypes } from '../model/operation.ts'
import { hasNoPath, type RulesByOperation, runsOnly } from './operation-rules.ts'

/** A rollback does not undo who is a member, and says so: the next plan follows the spec again. */
export const etcdMemberRules: Pick<RulesByOperation, 'etcd-member'> = {
  'etcd-member': {
    ...hasNoPath,
    ...runsOnly,
    outlasts: ({ action }) => !['expect-new', 'snapshot', 'settle', 'checkpoint'].includes(action),
    subject: ({ action, member, id = '' }) => `etcd-member ${action} ${member} ${id}`,
    leavesUnsynced: false,
    timeoutSeconds: () => 320,
    words,
    shell: ({
      action,
      etcdctl,
      endpoints,
      member,
      peerUrl,
      id = '',
      file = '',
      version = '',
      unit = '',
      data = '',
      clientVariables,
    }) => [
      'etcd_member',
      action,
      etcdctl,
      endpoints.join(','),
      member,
      peerUrl,
      id,
      file,
      version,
      unit,
      data,
      clientVariables,
    ],
  },
}

function words({
  action,
  member,
  peerUrl,
  id,
  file = '',
  version,
  unit,
}: OperationTypes['etcd-member']): string {
  switch (action) {
    case 'expect-new':
      return `check that ${member} is still no member of etcd`
    case 'snapshot':
      return `save a snapshot of etcd in ${file}`
    case 'settle':
      return `wait until all of etcd is at ${version}`
    case 'checkpoint':
      return `restart ${unit} once more with etcd ${version}, if its log has entries that the next version does not read`
    case 'set-aside':
      return `set ${file} aside as ${file}.aside`
    case 'join':
      return `add ${member} (${peerUrl}) to etcd as a learner${id === undefined ? '' : ` in place of the member ${id}`}, and write ${file}`
    case 'promote':
      return `let ${member} vote in etcd once it has caught up`
    case 'move':
      return `change the peer URL of the member ${id} of etcd to ${peerUrl}`
    case 'remove':
      return `remove the member ${member} (${id}) from etcd`
  }
}

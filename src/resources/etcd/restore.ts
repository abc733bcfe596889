import { ResourceConflict } from '../../model/errors.ts'
import {
  type EtcdRestore,
  finishedQuestion,
  hasRestored,
  readRestore,
  unfinishedQuestion,
} from '../../model/etcd-restore.ts'
import type { Facts, Probe } from '../../model/facts.ts'
import type { OperationTypes } from '../../model/operation.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { shellWord } from '../../model/shell-word.ts'

interface Asked {
  readonly group: string
  readonly unit: string
  readonly data: string
}

interface Member {
  readonly name: string
  readonly peerUrl: string
}

interface Restored extends Asked {
  readonly self: Member
  readonly members: readonly Member[]
  readonly restorer: string
  readonly token: string
}

/** What keeps the unit from starting while a restore is not over. */
function holdOf(unit: string): string {
  return `/etc/systemd/system/${unit}.d/converge-restore.conf`
}

export function restoreProbes({ group, unit, data }: Asked): readonly Probe[] {
  return [
    {
      probe: 'answer',
      name: unfinishedQuestion(group),
      command: `sed -n 's/^# restore //p' ${shellWord(holdOf(unit))} | grep .`,
    },
    { probe: 'answer', name: finishedQuestion(group), command: `cat ${shellWord(`${data}/restored`)}` },
  ]
}

/** Nothing is planned for a member while a restore has begun on any of the hosts: half of a cluster would start, or an empty one. */
export function refuseUnfinished({ group, unit }: Asked, facts: Facts, id: ResourceId): void {
  const shared = facts.shared?.[unfinishedQuestion(group)]
  const found = readRestore(shared?.text)
  if (shared === undefined || found === undefined) return
  throw new ResourceConflict(
    id,
    `the restore ${found.id} of ${group} is not over on ${[shared.from, ...shared.others].join(', ')}`,
    `Run \`converge etcd restore --group ${group} --from FILE\` again, with the snapshot of SHA-256 ${found.sha256.slice(0, 12)}..., or with another one to begin anew. If no member has begun, removing ${holdOf(unit)} on all of them gives it up.`,
  )
}

/** All that a host does for a restore; nothing if its data is from that. */
export function restoreSteps(
  { self, members, unit, data, restorer, token }: Restored,
  restore: EtcdRestore,
  facts: Facts,
): readonly Step[] {
  if (hasRestored(restore, facts.answers)) return []
  const { id, sha256, sizeBytes, hosts } = restore
  const cluster = members
    .filter(({ name }) => hosts.includes(name))
    .map(({ name, peerUrl }) => `${name}=${peerUrl}`)
    .join(',')
  const step = (own: Pick<Restoring, 'action'> & Partial<Restoring>, reason: string): Step => ({
    operation: { op: 'etcd-restore', id, unit, data, ...own },
    reason,
  })
  return [
    step(
      {
        action: 'prepare',
        sha256,
        sizeBytes,
        program: restorer,
        member: self.name,
        peerUrl: self.peerUrl,
        cluster,
        token: `${token}-${id}`,
      },
      'the old data stays where it is for now',
    ),
    step({ action: 'hold' }, 'nobody may write to the old data any more'),
    step({ action: 'gather' }, 'the members begin together'),
    step({ action: 'begin' }, 'all are stopped and prepared'),
  ]
}

type Restoring = OperationTypes['etcd-restore']

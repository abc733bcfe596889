import { Type } from 'typebox'
import { closed, type Data, list, text } from '../../model/schema.ts'
import type { HostStatus } from '../hosts/host-status.ts'
import { StatusSummary, summariseStatus } from '../hosts/render-status.ts'
import { applyFailure, error, errorObject, failedHost } from './change.ts'
import { command, count, document, formatVersion, hostName } from './schema.ts'

export const StatusDocument = document(
  'Status',
  'Printed by `converge status --json`: the state of each host.',
  {
    command: command('status'),
    cluster: text('Name of the cluster.'),
    hosts: list(
      'The hosts in the order of the spec.',
      Type.Union([
        closed('A host that answered.', {
          host: hostName,
          status: Type.Literal('reachable', { description: 'The host answered.' }),
          generation: Type.Optional(count('The newest generation; absent if nothing was ever applied.')),
          failed: Type.Optional(applyFailure),
          held: Type.Optional(text('Who holds it after a rollback and since when.')),
          drifted: list('Resources that were changed on the host.', text('One resource.')),
          pending: list(
            'Notifications that are still owed.',
            closed('One notification.', {
              resource: text('The resource that is notified.'),
              action: text('What it is asked to do.'),
            }),
          ),
          failedUnits: list(
            'Units of the spec that systemd calls failed, or that exited and wait for their restart.',
            text('One unit.'),
          ),
        }),
        closed('A host on which another apply runs.', {
          host: hostName,
          status: Type.Literal('applying', { description: 'Another apply runs on it.' }),
          error,
        }),
        failedHost,
      ]),
    ),
    summary: StatusSummary,
  },
)
export type StatusDocument = Data<typeof StatusDocument>

export function statusDocument(cluster: string, hosts: readonly HostStatus[]): StatusDocument {
  return {
    formatVersion,
    command: 'status',
    cluster,
    hosts: hosts.map((host) =>
      host.status === 'reachable' ? host : { ...host, error: errorObject(host.error) },
    ),
    summary: summariseStatus(hosts),
  }
}

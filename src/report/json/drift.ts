import { Type } from 'typebox'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { type Drift, DriftSummary, driftedResources } from '../hosts/drift.ts'
import { change, changeObject, failedHost, failedHostObject } from './change.ts'
import { command, document, formatVersion, hostName } from './schema.ts'

export const DriftDocument = document(
  'Drift',
  'Printed by `converge drift --json`: what was changed on the hosts by hand since the last apply.',
  {
    command: command('drift'),
    cluster: text('Name of the cluster.'),
    hosts: list(
      'The hosts in the order of the spec.',
      Type.Union([
        closed('A host that answered.', {
          host: hostName,
          drifted: list('Resources that were changed on the host.', text('One resource.')),
          changes: list('What would undo it.', change),
        }),
        failedHost,
      ]),
    ),
    summary: DriftSummary,
  },
)
export type DriftDocument = Data<typeof DriftDocument>

export function driftDocument({ plan, summary }: Drift): DriftDocument {
  return {
    formatVersion,
    command: 'drift',
    cluster: plan.cluster,
    hosts: plan.hosts.map((host) => {
      if (host.status === 'failed') return failedHostObject(host.host, host.error)
      const changes = host.status === 'planned' ? host.changes : []
      return {
        host: host.host,
        drifted: driftedResources(host),
        changes: changes.map((one) => changeObject(one, host.facts)),
      }
    }),
    summary,
  }
}

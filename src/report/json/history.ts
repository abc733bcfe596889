import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { parseStartedBy } from '../../model/started-by.ts'
import type { RecordedHost } from '../hosts/render-history.ts'
import { applyFailure, failedHost, failedHostObject } from './change.ts'
import { command, count, document, formatVersion, hostName } from './schema.ts'

export const HistoryDocument = document(
  'History',
  'Printed by `converge history --json`: the applies that each host remembers.',
  {
    command: command('history'),
    cluster: text('Name of the cluster.'),
    hosts: list(
      'The hosts in the order of the spec.',
      Type.Union([
        closed('A host that answered.', {
          host: hostName,
          generations: list(
            'Newest first.',
            closed('What one apply did.', {
              number: count('Number of the generation.'),
              run: text('Id of the run that made it.'),
              by: text('Who made it, from where.'),
              at: Type.Optional(text('When: ISO 8601, in UTC.')),
              changes: list('What was to be changed, in words.', text('One change.')),
              failed: Type.Optional(applyFailure),
            }),
          ),
          held: Type.Optional(text('Who holds it after a rollback and since when.')),
        }),
        failedHost,
      ]),
    ),
  },
)
export type HistoryDocument = Data<typeof HistoryDocument>

export function historyDocument(cluster: string, hosts: readonly RecordedHost[]): HistoryDocument {
  return {
    formatVersion,
    command: 'history',
    cluster,
    hosts: hosts.map((recorded) => {
      const { host } = recorded
      if ('error' in recorded) return failedHostObject(host, recorded.error)
      const generations = recorded.generations.map(({ number, run, by, changes, failed }) => {
        const { who, at } = parseStartedBy(by)
        return { number, run, by: who, ...given({ at }), changes, ...given({ failed }) }
      })
      return { host, generations, ...given({ held: recorded.held }) }
    }),
  }
}

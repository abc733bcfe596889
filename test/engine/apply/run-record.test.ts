import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recordRun } from '../../../src/engine/apply/run-record.ts'
import { ConvergeError } from '../../../src/model/errors.ts'
import type { Undo } from '../../../src/model/manifest.ts'
import { type PlannedHost, plainChange } from '../../../src/model/plan.ts'
import { blankFacts } from '../../samples/facts.ts'

const owed = { resource: 'unit[web.service]', action: 'restart' } as const
const change = {
  ...plainChange({ resource: 'command[a]', operation: { op: 'daemon-reload' }, reason: '' }),
  owes: [owed],
}
const planned: PlannedHost = {
  host: 'a',
  status: 'planned',
  changes: [change, change],
  facts: blankFacts,
  disrupts: [],
  notes: [],
}
const lost = new ConvergeError('connection-lost', 'the connection was lost', { host: 'a', step: 'exec' })

test('of a host that was lost during its apply only what it said is reported', () => {
  const record = recordRun(planned, () => {})
  record.sent()
  record.take({ event: 'started' })
  record.take({ event: 'change-done', change: 0 })
  const report = record.failed(lost)
  assert.is(report.status, 'unreachable')
  if (report.status !== 'unreachable') return
  assert.equal([report.results.length, report.notReached, report.pending], [1, [], []])
  assert.is(report.error.message, 'the connection was lost; it is not known what the host has done since')
  assert.match(report.error.remedy ?? '', '`converge status`')
})

test('of a host that was lost before its apply was sent it is known that nothing was done', () => {
  const report = recordRun(planned, () => {}).failed(lost)
  assert.equal('notReached' in report && report.notReached, [change, change])
})

test('of an apply that was not confirmed it is said what the rollback leaves', () => {
  const lasting: readonly Undo[] = [
    {
      resource: 'package[app]',
      operation: {
        op: 'package',
        packages: [{ name: 'app', version: '2' }],
        update: false,
        autostart: true,
      },
    },
    { resource: 'group[ops]', operation: { op: 'group', name: 'ops', system: false } },
  ]
  const bookkeeping = { generation: 1, summary: [], revert: [], records: [], lasting }
  const record = recordRun({ ...planned, bookkeeping }, () => {}, 60)
  record.sent()
  record.take({ event: 'change-started', change: 0 })
  record.take({ event: 'change-failed', change: 0, problem: 'exit 1' })
  const report = record.report()
  const left = record.leftRunning()
  const said = 'It does not undo this: install package app=2 (daemons may start); set group ops.'
  assert.match(('error' in report && report.error.remedy) || '', said)
  assert.match((left.status === 'left-running' && left.remedy) || '', said)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createJsonView } from '../../../src/report/views/json.ts'
import { createJsonLinesView } from '../../../src/report/views/json-lines.ts'
import type { View } from '../../../src/report/views/view.ts'
import { viewContract } from '../../contracts/view.ts'
import { assertValid } from '../assert-valid.ts'
import { refused } from '../sample-plan.ts'
import { recordView } from './record-view.ts'
import { samplePlan, sampleReport, showings } from './showings.ts'

const parse = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

const lines = (use: (view: View) => void) => parse(recordView(createJsonLinesView, use).stdout)

viewContract('json-lines', {
  createView: createJsonLinesView,
  check(stdout) {
    for (const line of parse(stdout)) assertValid('events', line)
  },
})

test('prints the plan before it is applied, what happens, then the report', () => {
  const printed = lines((view) => {
    assert.not(view.canAsk)
    view.progress({ event: 'phase', phase: 'inspect', hosts: ['alpha'] })
    view.proposal(samplePlan, 'apply')
    view.progress({ event: 'connecting', host: 'alpha' })
    view.report(sampleReport, samplePlan, 'apply')
  })
  assert.equal(
    printed.map(({ event }) => event),
    ['phase', 'plan', 'connecting', 'report'],
  )
  assert.equal(printed[0], { event: 'phase', phase: 'inspect', hosts: ['alpha'] })
})

test('has in a line the very document that --json prints', () => {
  for (const what of [
    'plan',
    'report',
    'drift',
    'diff',
    'status',
    'history',
    'answers',
    'diagnostics',
  ] as const) {
    const { stdout } = recordView(createJsonView, showings[what])
    const [line, ...more] = lines(showings[what])
    assert.equal(more, [])
    assert.equal(line.document, JSON.parse(stdout))
  }
})

test('has no diff in what happens: it is in the plan', () => {
  const { stdout } = recordView(createJsonLinesView, showings.progress)
  assert.not.match(stdout, '"diff"')
  assert.match(stdout, '"event":"change-done"')
})

test('has a line for what ended the command, beside the words on stderr', () => {
  const { stdout, stderr } = recordView(createJsonLinesView, showings['failure of a host'])
  const [line] = parse(stdout)
  assert.equal([line.event, line.command, line.host], ['failure', 'apply', 'infra1'])
  assert.is(line.error.code, refused.code)
  assert.is(stderr, recordView(createJsonView, showings['failure of a host']).stderr)
  const [full] = lines((view) => view.failure({ kind: 'system', message: 'ENOSPC' }))
  assert.equal(full, { event: 'failure', command: 'apply', message: 'ENOSPC' })
})

test.run()

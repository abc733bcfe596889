import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createJsonView } from '../../../src/report/views/json.ts'
import { viewContract } from '../../contracts/view.ts'
import { documentNames, schemaErrors } from '../assert-valid.ts'
import { recordView } from './record-view.ts'
import { samplePlan, sampleReport } from './showings.ts'

viewContract('json', {
  createView: createJsonView,
  check(stdout) {
    if (stdout === '') return
    const document: unknown = JSON.parse(stdout)
    assert.ok(
      documentNames.some((name) => schemaErrors(name, document) === ''),
      stdout,
    )
  },
})

test('prints one document, and nothing that is for people', () => {
  const { stdout } = recordView(createJsonView, (view) => {
    assert.not(view.canAsk)
    view.proposal(samplePlan, 'apply')
    view.remark('for people')
    view.report(sampleReport, samplePlan, 'apply')
  })
  assert.is(JSON.parse(stdout).command, 'apply')
})

test('names the command whose spec is wrong', () => {
  const { stdout } = recordView(createJsonView, (view) => view.diagnostics([]), { command: 'drift' })
  assert.is(JSON.parse(stdout).command, 'drift')
})

test.run()

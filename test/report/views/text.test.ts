import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createTextView } from '../../../src/report/views/text.ts'
import type { View } from '../../../src/report/views/view.ts'
import { viewContract } from '../../contracts/view.ts'
import { fileChange, plan, planned, refused } from '../sample-plan.ts'
import { recordView } from './record-view.ts'

viewContract('text', { createView: createTextView, check: () => {} })

const motd = plan([planned('web0', [fileChange('/etc/motd', 'binary')])])
const report = { cluster: 'sample', hosts: [{ host: 'web0', status: 'unchanged' }], durationMs: 5 } as const
const print = (use: (view: View) => void) => recordView(createTextView, use).stdout

test('sets a report apart from the plan above it, if there is one', () => {
  const alone = print((view) => view.report(report, motd, 'apply'))
  assert.is(alone, '1 host: 1 unchanged; 5 ms\n')
  const proposed = print((view) => view.proposal(motd, 'apply'))
  const both = (view: View) => {
    view.proposal(motd, 'apply')
    view.report(report, motd, 'apply')
  }
  assert.is(print(both), `${proposed}\n${alone}`)
  const again = (view: View) => {
    both(view)
    view.report(report, motd, 'apply')
  }
  assert.is(print(again), `${proposed}\n${alone}${alone}`)
})

test('says that there is nothing to do', () => {
  const idle = plan([planned('web0', [])])
  assert.is(
    print((view) => view.idle(idle, 'apply')),
    '1 host: 1 unchanged\nNothing to do.\n',
  )
})

test('does not say that there is nothing to do where a host failed', () => {
  const failed = plan([planned('web0', []), { host: 'web1', status: 'failed', error: refused }])
  const text = print((view) => view.idle(failed, 'apply'))
  assert.match(text, /2 hosts: 1 unchanged, 1 unreachable\nNothing was applied\.\n$/)
  assert.not.match(text, 'Nothing to do')
})

test('can ask, and says what is for people', () => {
  const printed = print((view) => {
    assert.ok(view.canAsk)
    view.remark('one', '', 'two')
  })
  assert.is(printed, 'one\n\ntwo\n')
})

test.run()

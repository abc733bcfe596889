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

test('a log tells of ten hosts that failed, and leaves the others to the report', () => {
  const hosts = Array.from({ length: 12 }, (_, index) => `web${index}`)
  const { stderr } = recordView(createTextView, (view) => {
    view.progress({ event: 'phase', phase: 'apply', hosts })
    for (const host of hosts)
      view.progress({
        event: 'host-done',
        host,
        report: { host, status: 'unreachable', error: refused, results: [], notReached: [], pending: [] },
      })
    view.progress({ event: 'phase', phase: 'verify', hosts })
  })
  assert.equal(
    stderr.split('\n').map((line) => line.split(' ').slice(0, 2).join(' ')),
    [
      'applying 12',
      ...hosts.slice(0, 10).map((host) => `${host}: unreachable`),
      'and others,',
      'verifying 12',
      '',
    ],
  )
})

test('can ask, and says what is for people', () => {
  const printed = print((view) => {
    assert.ok(view.canAsk)
    view.remark('one', '', 'two')
  })
  assert.is(printed, 'one\n\ntwo\n')
})

test.run()

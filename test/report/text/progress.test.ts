import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failedReport, type Progress } from '../../../src/model/report.ts'
import {
  advanceProgress,
  initialProgress,
  progressLine,
  renderProgress,
} from '../../../src/report/text/progress.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { change, refused, restartChange, write } from '../sample-plan.ts'

const motd = change(write('/etc/motd', 'hello\n'))
const events: readonly Progress[] = [
  { event: 'phase', phase: 'apply', hosts: ['infra0', 'infra1', 'infra2'] },
  { event: 'wave', wave: 1, of: 2, hosts: ['infra0', 'infra1'] },
  { event: 'connecting', host: 'infra0' },
  { event: 'uploading', host: 'infra1', files: 2, sizeBytes: 2048 },
  { event: 'change-started', host: 'infra0', change: motd },
  { event: 'change-done', host: 'infra0', change: motd, outcome: 'applied' },
  { event: 'host-done', host: 'infra0', report: { host: 'infra0', status: 'changed', results: [] } },
  { event: 'change-started', host: 'infra1', change: restartChange },
]

function view(upTo: number, columns = 80): string {
  const state = events.slice(0, upTo).reduce(advanceProgress, initialProgress)
  return renderProgress(state, { style: createStyle({ color: false }), columns })
}

test('shows counts and what the busy hosts do', () => {
  assert.is(
    view(5),
    `applying: 0 of 3 hosts done, wave 1 of 2
  infra0: write /etc/motd (0644 root:root, 6 bytes)
  infra1: uploading 2 files, 2.0 KiB`,
  )
  assert.is(view(8), 'applying: 1 of 3 hosts done, wave 1 of 2\n  infra1: restart etcd.service')
})

test('counts only hosts that have a turn in the phase', () => {
  const unchanged: Progress = {
    event: 'host-done',
    host: 'infra9',
    report: { host: 'infra9', status: 'unchanged' },
  }
  const state = [...events.slice(0, 1), unchanged].reduce(advanceProgress, initialProgress)
  assert.is(
    renderProgress(state, { style: createStyle({ color: false }), columns: 80 }),
    'applying: 0 of 3 hosts done',
  )
})

test('cuts lines to the width of the terminal', () => {
  assert.is(view(5, 24).split('\n')[1], '  infra0: write /etc...')
})

test('shows at most eight busy hosts', () => {
  const state = Array.from(
    { length: 10 },
    (_, index): Progress => ({ event: 'connecting', host: `h${index}` }),
  ).reduce(advanceProgress, initialProgress)
  const lines = renderProgress(state, { style: createStyle({ color: false }), columns: 80 }).split('\n')
  assert.is(lines.length, 10)
  assert.is(lines.at(-1), '  and 2 more hosts')
})

test('prints one plain line per event that matters, the host first', () => {
  const lines = events
    .map((event) => progressLine(event, { verbose: false }))
    .filter((line) => line !== undefined)
  assert.equal(lines, ['applying 3 hosts', 'wave 1 of 2: infra[0-1]'])
})

test('prints every event when verbose, and says why a host failed', () => {
  assert.equal(
    events.map((event) => progressLine(event, { verbose: true })).filter((line) => line === undefined),
    [],
  )
  const report = failedReport('infra1', refused)
  assert.is(
    progressLine({ event: 'host-done', host: 'infra1', report }, { verbose: false }),
    'infra1: unreachable at connect: connection refused by 192.0.2.1:22',
  )
})

test.run()

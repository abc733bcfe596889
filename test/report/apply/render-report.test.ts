import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failedReport, type HostReport, type Report } from '../../../src/model/report.ts'
import { idleReport } from '../../../src/report/apply/idle-report.ts'
import { renderReport } from '../../../src/report/apply/render-report.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { change, diskFull, plan, planned, refused, restartChange, write } from '../sample-plan.ts'

function render(hosts: readonly HostReport[], verbose = false): string {
  const report: Report = { cluster: 'sample', hosts, durationMs: 3210 }
  return renderReport({ report, style: createStyle({ color: false }), verbose })
}

const motd = change(write('/etc/motd', 'hello\n'))
const applied = { change: motd, outcome: 'applied' } as const

test('shows hosts that came out the same together', () => {
  const results = [applied, { change: restartChange, outcome: 'applied' } as const]
  assert.is(
    render([
      { host: 'infra0', status: 'changed', results },
      { host: 'infra1', status: 'changed', results },
      { host: 'infra2', status: 'unchanged' },
    ]),
    `infra[0-1] changed: 2 changes applied, 1 restart

3 hosts: 2 changed, 1 unchanged; 4 changes applied, 2 restarts; 3.2 s
`,
  )
})

test('says what was done, what failed, why, what to do, and what is left', () => {
  assert.is(
    render([
      {
        host: 'infra0',
        status: 'failed',
        error: diskFull,
        results: [applied, { change: motd, outcome: 'skipped' }],
        failed: motd,
        notReached: [restartChange],
        pending: [{ resource: 'unit[etcd.service]', action: 'restart' }],
      },
      failedReport('infra1', refused),
      { host: 'infra2', status: 'not-started', reason: 'wave 1 failed' },
    ]),
    `infra0 failed after 1 change applied, 1 skipped by a guard
  failed change: write /etc/motd (0644 root:root, 6 bytes) (file[/etc/motd])
  failed at apply: write /etc/motd failed
    stderr: dd: error writing: No space left on device
    remedy: Free space on /, then run converge again.
  not reached: restart etcd.service (unit[etcd.service])
  pending: restart of unit[etcd.service], kept for the next run
infra1 unreachable
  unreachable at connect: connection refused by 192.0.2.1:22
    cause: connect ECONNREFUSED
    remedy: Check that sshd runs and that the address is right.
infra2 not started: wave 1 failed

3 hosts: 1 unreachable, 1 failed, 1 not started; 1 change applied; 3.2 s
`,
  )
})

test('lists what still differs, and every change when verbose', () => {
  assert.is(
    render([{ host: 'a', status: 'unsettled', results: [applied], remaining: [motd] }], true),
    `a unsettled: 1 change applied, but it still differs
  applied: write /etc/motd (0644 root:root, 6 bytes)
  still differs: write /etc/motd (0644 root:root, 6 bytes) (file[/etc/motd])

1 host: 1 unsettled; 1 change applied; 3.2 s
`,
  )
})

test('reports a plan without changes as unchanged hosts, and unreachable ones as such', () => {
  const report = idleReport(plan([planned('a', []), { host: 'b', status: 'failed', error: refused }]))
  assert.equal(
    report.hosts.map((host) => host.status),
    ['unchanged', 'unreachable'],
  )
})

test.run()

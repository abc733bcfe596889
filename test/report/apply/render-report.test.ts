import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, ConvergeError } from '../../../src/model/errors.ts'
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
      {
        host: 'infra2',
        status: 'not-started',
        reason: 'wave 1 failed',
        said: { line: 'infra1: etcd: bind failed', output: 'all of it' },
      },
    ]),
    `infra2 not started: wave 1 failed
  output: infra1: etcd: bind failed
infra0 failed at apply: write /etc/motd failed [command-failed]
  failed change: write /etc/motd (0644 root:root, 6 bytes) (file[/etc/motd])
  output: dd: error writing: No space left on device
  remedy: Free space on /, then run converge again.
  before it: 1 change applied, 1 skipped by a guard
  not reached: 1 change; --verbose lists it
  pending: restart of unit[etcd.service], kept for the next run
infra1 unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
  cause: connect ECONNREFUSED
  remedy: Check that sshd runs and that the address is right.

3 hosts: 1 unreachable, 1 failed, 1 not started; 1 change applied; 3.2 s
`,
  )
})

test('groups failures that differ only in names, addresses, temporary files and times, and says a common remedy once', () => {
  const remedy = 'Fix the cause, then run converge again.'
  const failure = (host: string, message: string, stderr = '', more: object = {}): HostReport =>
    failedReport(
      host,
      new CommandError(message, { host, step: 'apply', exitCode: 1, stderr, remedy, ...more }),
    )
  const pairs = [
    [failure('a1', 'connect to 192.0.2.1:22 failed'), failure('a2', 'connect to 192.0.2.20:22 failed')],
    [
      failure('a1', 'connect to [2001:db8::1]:22 failed'),
      failure('a2', 'connect to [2001:db8::2]:2222 failed'),
    ],
    [failure('a1', 'a1.example.com:22 is down'), failure('a2', 'b.example.com:22 is down')],
    [
      failure('a1', 'visudo: /etc/.converge-mwwrr5p5-cee45186-0: bad'),
      failure('a2', 'visudo: /etc/.converge-mwwrr5p6-aaaaaaaa-3: bad'),
    ],
    [
      failure('a1', 'x', 'Nov 26 09:00:00 a1 x[12]: bad\nend'),
      failure('a2', 'x', 'Nov 26 09:00:01 a2 x[345]: bad\nend'),
    ],
  ] as const
  for (const pair of pairs) {
    const text = render([...pair])
    assert.match(text, /^a\[1-2\] failed at apply: /)
    assert.is(text.split(remedy).length, 2)
    assert.match(text, 'shown as on a1; names, addresses or times differ on the others')
  }
  const many = Array.from({ length: 1000 }, (_, index) =>
    failedReport(
      `n${index}`,
      new ConvergeError('connect-failed', `connection refused by 10.0.${index >> 8}.${index & 255}:22`, {
        host: `n${index}`,
        step: 'connect',
        remedy,
      }),
    ),
  )
  assert.ok(render(many).split('\n').length < 8)
})

test('keeps failures apart that differ in anything else', () => {
  const failure = (host: string, message: string): HostReport =>
    failedReport(host, new ConvergeError('command-failed', message, { host, step: 'apply' }))
  for (const [one, other] of [
    ['exit status 7', 'exit status 8'],
    ['E: Unable to locate package ngnix', 'E: Unable to locate package nginx'],
    ['cannot write /etc/a', 'cannot write /etc/b'],
  ] as const) {
    assert.not.match(render([failure('h1', one), failure('h2', other)]), 'h[1-2]')
  }
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

test('tells what ended a unit that was started', () => {
  const said = { line: 'nope: Failed at step EXEC', output: 'a\nnope: Failed at step EXEC\n' }
  const start = change({ op: 'unit', unit: 't5.service', action: 'start' }, { resource: 'unit[t5.service]' })
  const host = { host: 'a', status: 'unsettled', results: [applied], remaining: [start], said } as const
  assert.match(
    render([host]),
    'still differs: start t5.service (unit[t5.service])\n  output: nope: Failed at step EXEC\n',
  )
  assert.match(render([host], true), '  output: a\n  output: nope: Failed at step EXEC\n')
})

test('reports a plan without changes as unchanged hosts, and unreachable ones as such', () => {
  const report = idleReport(plan([planned('a', []), { host: 'b', status: 'failed', error: refused }]))
  assert.equal(
    report.hosts.map((host) => host.status),
    ['unchanged', 'unreachable'],
  )
})

test.run()

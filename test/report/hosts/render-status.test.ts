import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../../src/model/errors.ts'
import type { Facts, UnitFact } from '../../../src/model/facts.ts'
import { hostStatus } from '../../../src/report/hosts/host-status.ts'
import { renderStatus } from '../../../src/report/hosts/render-status.ts'
import { statusDocument } from '../../../src/report/json/status.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { assertValid } from '../assert-valid.ts'
import { diskFull, facts, fileChange, planned, refused } from '../sample-plan.ts'

const unit = (active: string): UnitFact => ({ load: 'loaded', active, file: 'enabled', needsReload: false })
const crashing: Facts = {
  ...facts,
  units: { 'app.service': { ...unit('activating'), isCrashing: true }, 'b.service': unit('activating') },
}
const busy: Facts = {
  ...facts,
  units: { 'app.service': unit('failed'), 'etcd.service': unit('active') },
  pending: [{ resource: 'unit[app.service]', action: 'restart' }],
  state: { manifest: [], manifestLines: 0, others: [], generation: 7, members: [] },
}
const drifted = { ...fileChange('/etc/x', { after: 'x' }), cause: 'host changed' } as const
const failure = (code: 'locked' | 'platform-mismatch', message: string) =>
  new ConvergeError(code, message, { host: 'x', step: 'inspect', remedy: 'wait' })

const hosts = [
  hostStatus(planned('infra0', []), undefined),
  hostStatus(
    { host: 'infra10', status: 'planned', changes: [drifted, drifted], facts: busy, disrupts: [], notes: [] },
    'ann since today',
  ),
  hostStatus({ host: 'a', status: 'failed', error: refused }, undefined),
  hostStatus({ host: 'b', status: 'failed', error: failure('locked', 'another apply: ann') }, undefined),
  hostStatus({ host: 'c', status: 'failed', error: failure('platform-mismatch', 'it is alpine') }, undefined),
  hostStatus({ host: 'd', status: 'failed', error: diskFull }, undefined),
]

function render(verbose: boolean): string {
  return renderStatus({ hosts, style: createStyle({ color: false }), verbose })
}

test('has one line for each host, and counts', () => {
  assert.is(
    render(false),
    `infra0   never applied
infra10  generation 7, held after a rollback by ann since today, 1 resource drifted, 1 pending notification, failed: app.service
a        unreachable at connect: connection refused by 192.0.2.1:22
b        another apply: ann
c        failed at inspect: it is alpine
d        failed at apply: write /etc/motd failed

6 hosts: 3 reachable, 1 unreachable, 2 failed; 1 applying, 1 held, 1 drifted, 1 with pending notifications, 1 with failed units
`,
  )
})

test('names what drifted and is pending, and remedies, when verbose', () => {
  const text = render(true)
  assert.match(text, '           drifted: file[/etc/x]\n           pending: restart of unit[app.service]\n')
  assert.match(text, '           cause: connect ECONNREFUSED\n           remedy: Check that sshd runs')
})

test('is documented as JSON', () => {
  assertValid('status', statusDocument('sample', hosts))
})

test('a unit that ends and is started again and again is failed, though systemd calls it activating', () => {
  const status = hostStatus(
    { host: 'infra0', status: 'planned', changes: [], facts: crashing, disrupts: [], notes: [] },
    undefined,
  )
  assert.equal(status.status === 'reachable' && status.failedUnits, ['app.service'])
})

test.run()

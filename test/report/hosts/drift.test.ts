import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { driftOf } from '../../../src/report/hosts/drift.ts'
import { renderDrift } from '../../../src/report/hosts/render-drift.ts'
import { driftDocument } from '../../../src/report/json/drift.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { assertValid } from '../assert-valid.ts'
import { facts, fileChange, plan, planned, refused, restartChange } from '../sample-plan.ts'

const edited = { before: 'mine\n', after: 'ours\n' }
const applied = {
  ...facts,
  state: { manifest: [], manifestLines: 0, others: [], generation: 1, members: [] },
}
const changes = [
  { ...fileChange('/etc/x', edited), cause: 'host changed' },
  { ...fileChange('/etc/y', { after: 'y\n' }), cause: 'spec changed' },
  { ...fileChange('/etc/z', { after: 'z\n' }), cause: 'spec and host changed' },
  restartChange,
] as const
const drift = driftOf(
  plan([
    { host: 'a', status: 'planned', changes, facts: applied, disrupts: [], notes: ['a note'] },
    { host: 'b', status: 'planned', changes: [restartChange], facts: applied, disrupts: [], notes: [] },
    planned('c', [restartChange]),
    { host: 'd', status: 'failed', error: refused },
  ]),
)

test('keeps what the host caused, and nothing else', () => {
  assert.is(
    renderDrift({ drift, style: createStyle({ color: false }), verbose: false }),
    `a
  write /etc/x (0644 root:root, 5 bytes)
    file[/etc/x]: content will change (host changed)
    @@ -1 +1 @@
    -mine
    +ours
  write /etc/z (0644 root:root, 2 bytes)
    file[/etc/z]: content will change (spec and host changed)
    @@ -0,0 +1 @@
    +z

d
  unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
    cause: connect ECONNREFUSED
    remedy: Check that sshd runs and that the address is right.

4 hosts: 1 drifted (2 resources), 1 without drift, 1 never applied, 1 unreachable
`,
  )
})

test('is documented as JSON', () => {
  assertValid('drift', driftDocument(drift))
})

test.run()

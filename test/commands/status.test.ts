import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

test('shows the state of each host on one line', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--limit', 'web1', '--yes'])
  appendFileSync(join(folder, 'hosts/web1/etc/motd'), 'by hand\n')
  const { stdout, code } = await converge(['status', ...file])
  assert.is(
    stdout,
    'web0  never applied\nweb1  generation 1, 1 resource drifted\n\n2 hosts: 2 reachable; 1 drifted\n',
  )
  assert.is(code, 0)
  assertValid('status', JSON.parse((await converge(['status', ...file, '--json'])).stdout))
})

test('names a held host', async () => {
  const { file } = await makeCluster()
  await converge([...file, '--yes'])
  await converge(['rollback', 'web0', ...file, '--to', '0', '--yes'])
  const { stdout } = await converge(['status', 'web0', ...file])
  assert.match(
    stdout,
    /^web0 {2}generation 2, held after a rollback by \S+ since \S+\n\n1 host: 1 reachable; 1 held\n$/,
  )
  assertValid('status', JSON.parse((await converge(['status', ...file, '--json'])).stdout))
})

test('exits with 1 when a host is unreachable, and says why', async () => {
  const { folder, file } = await makeCluster()
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const { stdout, code } = await converge(['status', ...file])
  assert.is(code, 1)
  assert.match(stdout, 'web0  unreachable at connect: cannot use ')
  assert.match(stdout, '2 hosts: 1 reachable, 1 unreachable\n')
  assertValid('status', JSON.parse((await converge(['status', ...file, '--json'])).stdout))
})

test('tells a failed apply until the host is as its spec has it, and so does the history', async () => {
  const failing = `cluster: test
attributes: { code: 7 }
hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    resources:
      - file: { path: /etc/motd, content: "hello\\n" }
      - command: { name: migrate, command: "echo lost the database; exit {{attributes.code}}", onlyIf: "test {{attributes.code}} != 3" }
`
  const { file: spec } = await makeCluster(failing)
  const file = [...spec, '--allow-local']
  const applied = await converge([...file, '--yes'])
  assert.is(applied.code, 1)
  assert.match(
    applied.stdout,
    'web[0-1] failed at apply: exit status 7; it printed: lost the database [command-failed]\n  failed change: ',
  )
  const told = await converge(['status', ...file])
  assert.is(told.code, 1)
  assert.match(
    told.stdout,
    /web0 {2}generation 1, last apply failed at .*\(command\[migrate\]\): exit status 7\n/,
  )
  assert.match(told.stdout, '2 hosts: 2 reachable; 2 with a failed apply\n')
  assertValid('status', JSON.parse((await converge(['status', ...file, '--json'])).stdout))
  const history = await converge(['history', ...file])
  assert.match(history.stdout, /generation 1, .*\n {4}failed at .*\(command\[migrate\]\): exit status 7\n/)
  assertValid('history', JSON.parse((await converge(['history', ...file, '--json'])).stdout))
  const settled = await converge(['status', ...file, '--set', 'code=3'])
  assert.is(settled.code, 0)
  assert.not.match(settled.stdout, 'failed')
  await converge([...file, '--yes', '--set', 'code=0'])
  assert.is((await converge(['history', 'web0', ...file])).stdout.split('failed').length, 2)
})

test('says who applies something right now; --lock-wait waits only so long', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  const state = join(folder, 'hosts/web0/var/lib/converge')
  writeFileSync(join(state, 'applying'), 'x1 somebody@elsewhere since now\n')
  const holder = spawn('flock', [join(state, 'lock'), 'sh', '-c', 'echo held; read _'])
  await once(holder.stdout, 'data')
  try {
    const { stdout, code } = await converge(['status', ...file])
    assert.match(stdout, 'web0  another apply is running: x1 somebody@elsewhere since now\n')
    assert.match(stdout, '2 hosts: 2 reachable; 1 applying\n')
    assert.is(code, 0)
    const plan = await converge([...file, '--dry-run', '--lock-wait', '0'])
    assert.is(plan.code, 1)
    assert.match(plan.stdout, 'web0\n  failed at inspect: another apply is running')
    assertValid('status', JSON.parse((await converge(['status', ...file, '--json'])).stdout))
  } finally {
    holder.stdin.end('\n')
    await once(holder, 'close')
  }
  assert.is((await converge([...file, '--dry-run'])).code, 0)
})

test.run()

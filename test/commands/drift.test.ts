import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

test('finds no drift where nothing was applied, and none after an apply', async () => {
  const { file } = await makeCluster()
  const never = await converge(['drift', ...file, '--exit-code'])
  assert.is(never.stdout, '2 hosts: 2 never applied\n')
  assert.is(never.code, 0)
  await converge([...file, '--yes'])
  const none = await converge(['drift', ...file, '--exit-code', '--set', 'app.greeting=hi'])
  assert.is(none.stdout, '2 hosts: 2 without drift\n', 'a change of the spec is no drift')
  assert.is(none.code, 0)
})

test('shows a hand edit with its undo, and exits with 2 if asked to', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  appendFileSync(join(folder, 'hosts/web1/etc/motd'), 'by hand\n')
  const { stdout, code } = await converge(['drift', ...file])
  assert.is(
    stdout,
    `web1
  write /etc/motd (0644 root:root, 11 bytes)
    file[/etc/motd]: content will change (host changed)
    @@ -1,2 +1 @@
     hello web1
    -by hand

2 hosts: 1 drifted (1 resource), 1 without drift
`,
  )
  assert.is(code, 0)
  const json = await converge(['drift', ...file, '--exit-code', '--json'])
  assert.is(json.code, 2)
  const document = JSON.parse(json.stdout)
  assertValid('drift', document)
  assert.equal(document.hosts[1].drifted, ['file[/etc/motd]'])
})

test('finds it on a held host, too', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  await converge([...file, '--yes', '--set', 'app.greeting=hi'])
  await converge(['rollback', ...file, '--yes', '--set', 'app.greeting=hi'])
  const clean = await converge(['drift', ...file, '--set', 'app.greeting=hi'])
  assert.is(clean.stdout, '2 hosts: 2 without drift\n')
  rmSync(join(folder, 'hosts/web0/etc/motd'))
  const drifted = await converge(['drift', ...file, '--set', 'app.greeting=hi'])
  assert.match(drifted.stdout, 'file[/etc/motd]: will be created (spec and host changed)')
})

const declared = (wants: string, greeting: string) => `cluster: test
hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    resources:
      - unit: { name: app.service, content: { Unit: { ${wants} }, Service: { ExecStart: /bin/true } } }
      - file: { path: /etc/motd, content: "${greeting}\\n" }
      - command: { name: migrate, command: "true", onlyIf: "test ! -e $CONVERGE_ROOT/etc/motd" }
`

test('a part that is declared in another order is the spec, and a guard that was not asked is nobody', async () => {
  const [before, after] = [
    'Description: app, Documentation: "man:app(8)"',
    'Documentation: "man:app(8)", Description: app',
  ]
  const { folder, file: spec } = await makeCluster(declared(before, 'hello'))
  const file = [...spec, '--allow-local']
  assert.is((await converge([...file, '--yes'])).code, 0)
  writeFileSync(join(folder, 'cluster.yaml'), declared(after, 'hello'))
  const swapped = await converge([...file, '--dry-run'])
  assert.match(swapped.stdout, 'unit[app.service]: content will change (spec changed)')
  assert.match(swapped.stdout, 'command[migrate]: may run; the host decides after the changes before it\n')
  assert.is((await converge(['drift', ...file])).stdout, '2 hosts: 2 without drift\n')
  appendFileSync(join(folder, 'hosts/web1/etc/motd'), 'by hand\n')
  const { stdout } = await converge(['drift', ...file])
  assert.match(stdout, '2 hosts: 1 drifted (1 resource), 1 without drift\n')
})

test('what a failed apply did not reach, and a rollback took back, is no drift', async () => {
  const text = (command: string) => `cluster: test
hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    resources:
      - command: { name: migrate, command: "${command}", creates: /srv/migrated }
      - file: { path: /etc/motd, content: "hello\\n" }
`
  const { folder, file } = await makeCluster(text('exit 3'))
  assert.is((await converge([...file, '--yes'])).code, 1)
  assert.is((await converge(['drift', ...file])).stdout, '2 hosts: 2 without drift\n')
  writeFileSync(join(folder, 'cluster.yaml'), text('touch $CONVERGE_ROOT/srv/migrated'))
  assert.match((await converge(['rollback', ...file, '--to', '0', '--yes'])).stdout, '2 hosts: ')
  assert.is((await converge(['drift', ...file])).stdout, '2 hosts: 2 without drift\n')
})

test('exits with 1 when a host cannot be asked', async () => {
  const { folder, file } = await makeCluster()
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const { stdout, code } = await converge(['drift', ...file, '--exit-code'])
  assert.is(code, 1)
  assert.match(stdout, '2 hosts: 1 never applied, 1 unreachable\n')
  assertValid('drift', JSON.parse((await converge(['drift', ...file, '--json'])).stdout))
})

test.run()

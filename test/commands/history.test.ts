import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

const anonymous = (text: string) => text.replaceAll(/, \d{4}-\S+ \S+ UTC, \S+$/gm, ', WHEN, WHO')

test('shows the applies of each host, newest first, and hosts with the same ones together', async () => {
  const { file } = await makeCluster()
  assert.is((await converge(['history', ...file])).stdout, 'web[0-1]\n  no applies are recorded\n')
  await converge([...file, '--yes'])
  await converge([...file, '--yes', '--set', 'app.greeting=hi'])
  const { stdout, code } = await converge(['history', ...file])
  assert.is(code, 0)
  assert.is(
    anonymous(stdout),
    `web[0-1]
  generation 2, WHEN, WHO
    write /etc/motd (0644 root:root, 8 bytes) (file[/etc/motd])
  generation 1, WHEN, WHO
    write /etc/motd (0644 root:root, 11 bytes) (file[/etc/motd])
`,
  )
  const json = JSON.parse((await converge(['history', 'web1', ...file, '--json'])).stdout)
  assertValid('history', json)
  assert.equal(
    json.hosts.map(({ host, generations }: { host: string; generations: { number: number }[] }) => [
      host,
      generations.map(({ number }) => number),
    ]),
    [['web1', [2, 1]]],
  )
})

test('marks a held host for as long as its spec stays the same', async () => {
  const { file } = await makeCluster()
  await converge([...file, '--yes'])
  await converge(['rollback', 'web1', ...file, '--to', '0', '--yes'])
  const { stdout } = await converge(['history', 'web1', ...file])
  assert.match(stdout, /^web1 held after a rollback by \S+ since \S+\n {2}generation 2, /)
  const changed = await converge(['history', 'web1', ...file, '--set', 'app.greeting=hi'])
  assert.match(changed.stdout, /^web1\n/)
})

test('exits with 1 when a host cannot be asked', async () => {
  const { folder, file } = await makeCluster()
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const { stdout, code } = await converge(['history', ...file])
  assert.is(code, 1)
  assert.match(stdout, 'web0\n  unreachable at connect: cannot use ')
  assertValid('history', JSON.parse((await converge(['history', ...file, '--json'])).stdout))
})

test.run()

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

test('shows hosts with the same answer together, and marks what went to stderr', async () => {
  const { file } = await makeCluster()
  const { stdout, code } = await converge([
    'exec',
    '--allow-local',
    ...file,
    '*',
    '--',
    'echo same; echo bad >&2',
  ])
  assert.is(stdout, 'web[0-1]\n  same\n  stderr: bad\n\n2 hosts: 2 succeeded\n')
  assert.is(code, 0)
})

test('joins words by blanks, as ssh does', async () => {
  const { file } = await makeCluster()
  const { stdout } = await converge([
    'exec',
    '--allow-local',
    ...file,
    'web0',
    '--',
    'printf',
    "'%s|'",
    'a',
    '$((1+1))',
    '-l',
  ])
  assert.is(stdout, 'web0\n  a|2|-l|\n\n1 host: 1 succeeded\n')
})

test('exits with 1 when it did not exit 0 everywhere, and names the exit codes', async () => {
  const { folder, file } = await makeCluster()
  const command = 'case $CONVERGE_ROOT in *web0) exit 3 ;; esac'
  const { stdout, code } = await converge(['exec', '--allow-local', ...file, 'web*', '--', command])
  assert.is(stdout, 'web0 exit code 3\n\nweb1\n\n2 hosts: 1 succeeded, 1 failed\n')
  assert.is(code, 1)
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const unreachable = await converge(['exec', '--allow-local', ...file, 'web*', '--', 'true'])
  assert.is(unreachable.code, 1)
  assert.match(unreachable.stdout, 'web0\n  unreachable at connect: cannot use ')
  assert.match(unreachable.stdout, '2 hosts: 1 succeeded, 1 did not answer\n')
  assertValid(
    'exec',
    JSON.parse((await converge(['exec', '--allow-local', ...file, 'web*', '--json', '--', 'true'])).stdout),
  )
})

test('lets no control character through', async () => {
  const { file } = await makeCluster()
  const { stdout } = await converge([
    'exec',
    '--allow-local',
    ...file,
    'web0',
    '--',
    "printf '\\033[2J\\n\\007'",
  ])
  assert.is(stdout, 'web0\n  \\x1b[2J\n  \\x07\n\n1 host: 1 succeeded\n')
})

test('gives a host up after the timeout', async () => {
  const { file } = await makeCluster()
  const { stdout, code } = await converge([
    'exec',
    '--allow-local',
    ...file,
    'web0',
    '--timeout',
    '1',
    '--',
    'sleep 60',
  ])
  assert.is(code, 1)
  assert.match(stdout, /^web0\n {2}failed at /)
  assert.match(stdout, '1 host: 1 did not answer\n')
})

test('runs in a root tree by chroot, and not at all where that is not possible', async () => {
  const { folder, file } = await makeCluster()
  const marker = join(folder, 'marker')
  const refused = await converge(['exec', ...file, '*', '--', `echo x >${marker}`])
  assert.is(refused.code, 1)
  assert.match(refused.stdout, 'web[0-1] exit code 126\n  stderr: converge cannot run it in the root tree: ')
  assert.not.ok(existsSync(marker))
  if (process.getuid?.() !== 0) return
  const libraries = execFileSync('ldd', ['/bin/sh'], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  for (const path of ['/bin/sh', ...libraries]) {
    mkdirSync(join(folder, 'hosts/web0', dirname(path)), { recursive: true })
    copyFileSync(path, join(folder, 'hosts/web0', path))
  }
  writeFileSync(join(folder, 'hosts/web0/etc/motd'), 'of the tree')
  const inside = await converge([
    'exec',
    ...file,
    'web0',
    '--',
    'while read -r line; do echo "$line"; done </etc/motd; echo "$line"; [ -e /hosts ] || echo alone',
  ])
  assert.is(inside.stdout, 'web0\n  of the tree\n  alone\n\n1 host: 1 succeeded\n')
})

test.run()

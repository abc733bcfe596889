import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

test('shows what the dry run shows', async () => {
  const { file } = await makeCluster()
  const plan = await converge(['plan', ...file])
  assert.is(plan.stdout, (await converge([...file, '--dry-run'])).stdout)
  assert.is(plan.code, 0)
  assert.is((await converge(['plan', ...file, '--exit-code'])).code, 2)
})

test('writes the plan as JSON to a file, and the same to stdout when asked', async () => {
  const { folder, file } = await makeCluster()
  const out = join(folder, 'plan.json')
  const { stdout } = await converge(['plan', ...file, '--out', out, '--json'])
  assert.is(readFileSync(out, 'utf8'), stdout)
  assertValid('plan', JSON.parse(stdout))
})

test('prints the program of one host, and it is one that a shell can read', async () => {
  const { file } = await makeCluster()
  const { stdout, code } = await converge(['plan', ...file, '--script', 'web1'])
  assert.is(code, 0)
  assert.match(stdout, "'write' '/etc/motd'")
  assert.is(execFileSync('/bin/sh', ['-n'], { input: stdout, encoding: 'utf8' }), '')
})

test('refuses a script of an unknown host, or of one that is not selected', async () => {
  const { file } = await makeCluster()
  const unknown = await converge(['plan', ...file, '--script', 'web7'])
  assert.is(unknown.code, 3)
  assert.match(unknown.stderr, 'error: there is no host "web7"\n  did you mean web0?\n')
  const unselected = await converge(['plan', ...file, '--limit', 'web0', '--script', 'web1'])
  assert.is(unselected.code, 3)
  assert.match(unselected.stderr, 'error: --script web1: the host is not in --limit\n')
})

test.run()

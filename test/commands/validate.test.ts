import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, spec } from './scratch.ts'

test('counts what the spec declares', async () => {
  const { folder, file } = await makeCluster()
  const { stdout, stderr, code } = await converge(['validate', ...file])
  assert.is(stdout, `${folder}/cluster.yaml is valid: cluster test, 2 hosts, 2 resources\n`)
  assert.is(stderr, '')
  assert.is(code, 0)
})

test('shows every mistake with its place, and exits with 3', async () => {
  const { file } = await makeCluster(
    spec.replace('roles: [web]', 'roles: [wbe]').replace('transport:', 'transprot:'),
  )
  const { stdout, stderr, code } = await converge(['validate', ...file])
  assert.is(code, 3)
  assert.is(stdout, '')
  assert.match(
    stderr,
    /cluster\.yaml:10:5 error: unknown key transprot \[unknown-key\]\n {2}10 \| {5}transprot: directory\n/,
  )
  assert.match(stderr, '\n     |     ^^^^^^^^^\n  did you mean transport?\n')
  assert.match(stderr, /cluster\.yaml:12:13 error: there is no role wbe \[unknown-role\]\n/)
  assert.match(stderr, /\n2 errors\n$/)
})

test('prints diagnostics as documented JSON', async () => {
  const right = await makeCluster()
  const valid: unknown = JSON.parse((await converge(['validate', ...right.file, '--json'])).stdout)
  assertValid('diagnostics', valid)
  const wrong = await makeCluster(spec.replace('roles: [web]', 'roles: [wbe]'))
  const { stdout, stderr, code } = await converge(['validate', ...wrong.file, '--json'])
  assertValid('diagnostics', JSON.parse(stdout))
  assert.match(stdout, '"errors": 1')
  assert.is(stderr, '')
  assert.is(code, 3)
})

test('says what to do if there is no spec', async () => {
  const { code, stderr } = await converge(['validate', '-f', '/nowhere/cluster.yaml'])
  assert.is(code, 3)
  assert.match(stderr, 'error: /nowhere/cluster.yaml does not exist [not-found]\n')
})

test.run()

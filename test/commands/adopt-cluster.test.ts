import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

/** Two converged hosts of the cluster `test`, which the spec then calls `production`. */
async function renamed() {
  const { folder, file } = await makeCluster()
  assert.is((await converge([...file, '--yes'])).code, 0)
  const path = join(folder, 'cluster.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('cluster: test', 'cluster: production'))
  return { file }
}

test('a renamed cluster takes over what it had, and nothing on the hosts changes', async () => {
  const { file } = await renamed()
  const refused = await converge([...file, '--dry-run'])
  assert.is(refused.code, 1)
  assert.match(refused.stdout, 'If the cluster test was renamed, run `converge adopt-cluster test`')

  const dry = await converge(['adopt-cluster', 'test', ...file, '--dry-run'])
  assert.is(dry.code, 0, dry.stderr)
  assert.is(dry.stdout, 'web[0-1]: test has resources that production can adopt\n')
  const declined = await converge(['adopt-cluster', 'test', ...file], { answers: ['n'] })
  assert.is(declined.code, 1)
  assert.equal(declined.questions, ['Hand over what test has there to production? [y/N] '])
  const adopted = await converge(['adopt-cluster', 'test', ...file, '--limit', 'web0', '--yes'])
  assert.is(adopted.code, 0, adopted.stderr)
  const rest = await converge(['adopt-cluster', 'test', ...file, '--yes'])
  assert.is(
    rest.stdout,
    `web1: test has resources that production can adopt
web0: test has nothing here
web1: what test had belongs to production now
web0: test has nothing here
`,
  )
  const after = await converge([...file, '--dry-run', '--exit-code'])
  assert.is(after.code, 0, after.stdout)
  assert.match(after.stdout, '2 unchanged')
})

for (const name of ['', '.', '..', '../..', 'a/b', '-x', 'a b']) {
  test(`refuses ${name || 'nothing'}, which is not the name of a cluster, before any host is asked`, async () => {
    const { file } = await renamed()
    const outcome = await converge(['adopt-cluster', ...file, '--yes', '--', name])
    assert.is(outcome.code, 3, outcome.stdout)
    assert.match(outcome.stderr, 'is not the name of a cluster')
    assert.is(outcome.stdout, '')
  })
}

test('refuses its own name', async () => {
  const { file } = await renamed()
  const same = await converge(['adopt-cluster', 'production', ...file, '--yes'])
  assert.is(same.code, 3)
  assert.match(same.stderr, 'the cluster of the spec is called production already')
})

test.run()

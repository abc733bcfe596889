import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, spec, writeFiles } from './scratch.ts'

test('shows what the dry run shows', async () => {
  const { file } = await makeCluster()
  const plan = await converge(['plan', ...file])
  assert.is(plan.stdout, (await converge([...file, '--dry-run'])).stdout)
  assert.is(plan.code, 0)
  assert.is((await converge(['plan', ...file, '--exit-code'])).code, 2)
})

test('prints the plan as documented JSON, and says where it has sealed it', async () => {
  const { folder, file } = await makeCluster()
  const out = join(folder, 'plan.json')
  const { stdout, stderr } = await converge(['plan', ...file, '--out', out, '--json'])
  assertValid('plan', JSON.parse(stdout))
  assert.match(stderr, `sealed in ${out}: \`converge apply ${out}\` applies exactly this, or refuses\n`)
})

test('refuses two selectors in one command, whatever the command', async () => {
  const { file } = await makeCluster()
  for (const command of ['apply', 'plan', 'render', 'rollback', 'status', 'drift', 'history']) {
    const { stderr, code } = await converge(
      [command, 'web0', ...file, '-l', 'web1', '-o', '/nowhere'].slice(
        0,
        command === 'render' ? undefined : -2,
      ),
    )
    assert.match(
      stderr,
      'error: "web0" and --limit web1 both choose hosts\n  keep one; a comma joins selectors\n',
    )
    assert.is(code, 3)
  }
})

test('names the file that it cannot write, not the temporary one beside it', async () => {
  const { folder, file } = await makeCluster()
  const out = join(folder, 'missing', 'plan.json')
  const { stderr, code } = await converge(['plan', ...file, '--out', out])
  assert.match(stderr, `error: ${out}: no such file or directory\n`)
  assert.is(code, 1)
})

test('keeps with --no-prune on the hosts what was removed from the spec', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  writeFiles(folder, { 'cluster.yaml': spec.replace('/etc/motd', '/etc/issue') })
  assert.match((await converge(['plan', ...file])).stdout, '  remove /etc/motd\n')
  for (const argv of [
    ['plan', '--no-prune'],
    ['--dry-run', '--no-prune'],
  ]) {
    const { stdout } = await converge([...argv, ...file])
    assert.match(stdout, '2 hosts: 2 to change; 2 changes\n')
    assert.not.match(stdout, 'remove')
  }
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
  assert.match(unknown.stderr, 'error: there is no host "web7" [invalid-selector]\n  did you mean web0?\n')
  const unselected = await converge(['plan', ...file, '--limit', 'web0', '--script', 'web1'])
  assert.is(unselected.code, 3)
  assert.match(unselected.stderr, 'error: --script web1: the host is not in --limit\n')
})

test('a root tree that says that it needs a reboot is told so, and not rebooted', async () => {
  const text = spec.replace('    resources:', '    platform: { reboot: { when: required } }\n    resources:')
  const { folder, file } = await makeCluster(text)
  writeFiles(folder, { 'hosts/web1/run/reboot-required': '' })
  const dryRun = await converge([...file, '--dry-run'])
  assert.match(dryRun.stdout, 'needs a reboot, which is not done here: /run/reboot-required exists')
  assert.is((await converge([...file, '--yes'])).code, 0)
  assert.is((await converge([...file, '--dry-run', '--exit-code'])).code, 0)
})

test.run()

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, spec, writeFiles } from './scratch.ts'

const firstPlan = `web[0-1]
  write /etc/motd (0644 root:root, 11 bytes)
    file[/etc/motd]: will be created
    @@ -0,0 +1 @@ <host> is the name of each
    +hello <host>

2 hosts: 2 to change; 2 changes
`

test('shows in a dry run what an apply then does, and the next one finds nothing', async () => {
  const { folder, file } = await makeCluster()
  const dryRun = await converge([...file, '--dry-run'])
  assert.is(dryRun.stdout, firstPlan)
  assert.is(dryRun.code, 0)
  assert.is(dryRun.stderr, 'inspecting 2 hosts\n')

  const applied = await converge([...file, '--yes'])
  assert.is(applied.code, 0)
  assert.is(
    applied.stdout.replace(/\d+ ms|\d+\.\d s/, 'TIME'),
    `${firstPlan}
web[0-1] changed: 1 change applied

2 hosts: 2 changed; 2 changes applied; TIME
`,
  )
  assert.is(applied.stderr, 'inspecting 2 hosts\napplying 2 hosts\n')
  assert.is(readFileSync(join(folder, 'hosts/web1/etc/motd'), 'utf8'), 'hello web1\n')

  const again = await converge(file)
  assert.is(again.code, 3, 'without a terminal it refuses before it asks any host')
  const second = await converge([...file, '--yes', '--exit-code'])
  assert.is(second.stdout, '2 hosts: 2 unchanged\nNothing to do.\n')
  assert.is(second.code, 0)
})

test('takes a selector as its argument, with or without its own name', async () => {
  const { folder, file } = await makeCluster()
  const limited = await converge([...file, '--dry-run', '--limit', 'web1'])
  assert.match(limited.stdout, '1 host: 1 to change')
  for (const argv of [
    ['web1', '-n'],
    ['-n', 'web1'],
    ['apply', 'web1', '-n'],
    ['plan', 'web1'],
    ['plan', '-l', 'web1'],
  ])
    assert.is((await converge([...file, ...argv])).stdout, limited.stdout, argv.join(' '))
  assert.match(
    (await converge([...file, 'web9', '-n'])).stderr,
    'error: no host matches "web9" [invalid-selector]\n',
  )
  // A file is a sealed plan, whatever its name.
  writeFileSync(join(folder, 'web1'), '')
  assert.match((await converge([...file, join(folder, 'web1'), '-n'])).stderr, 'web1 is empty')
})

test('finds the spec in a folder above, and refuses to guess another one', async () => {
  const { folder } = await makeCluster()
  mkdirSync(join(folder, 'recipes/hello'), { recursive: true })
  const cwd = process.cwd()
  process.chdir(join(folder, 'recipes/hello'))
  try {
    assert.match((await converge(['--dry-run'])).stdout, '2 hosts: 2 to change')
    assert.match((await converge(['-f', 'cluster.yaml', '-n'])).stderr, 'cluster.yaml does not exist')
  } finally {
    process.chdir(cwd)
  }
})

test('shows a hand-made drift on the one host that has it', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  appendFileSync(join(folder, 'hosts/web1/etc/motd'), 'drift\n')
  const { stdout, code } = await converge([...file, '-n', '--exit-code'])
  assert.is(
    stdout,
    `web1
  write /etc/motd (0644 root:root, 11 bytes)
    file[/etc/motd]: content will change (host changed)
    @@ -1,2 +1 @@
     hello web1
    -drift

2 hosts: 1 to change, 1 unchanged; 1 change
`,
  )
  assert.is(code, 2)
})

test('asks, and applies nothing unless the answer is yes', async () => {
  const { file } = await makeCluster()
  for (const answer of ['', 'n', 'maybe']) {
    const { stdout, questions, code } = await converge(file, { answers: [answer] })
    assert.is(stdout, `${firstPlan}Nothing was applied.\n`)
    assert.equal(questions, ['Apply these changes? [y/N] '])
    assert.is(code, 1, 'what follows `&&` must not go on')
  }
  const interrupted = await converge(file, { answers: [] })
  assert.is(interrupted.stdout, firstPlan)
  assert.match(interrupted.stderr, /\nInterrupted\.\n$/)
  assert.is(interrupted.code, 130)
  const { stdout } = await converge(file, { answers: ['y'] })
  assert.match(stdout, 'web[0-1] changed: 1 change applied')
})

test('refuses without a terminal to ask at', async () => {
  const { file } = await makeCluster()
  const { code, stdout, stderr } = await converge(file)
  assert.is(code, 3)
  assert.is(stdout, '')
  assert.is(
    stderr,
    'error: there is no terminal to ask for consent\n' +
      '  pass --yes to apply without asking, or --dry-run to see what would change\n\n1 error\n',
  )
  assert.is((await converge([...file, '--json'], { answers: ['y'] })).code, 3)
})

test('exits with 1 when a host is unreachable, and leaves the others converged', async () => {
  const { folder, file } = await makeCluster()
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const limited = await converge([...file, '--yes', '--limit', 'web1', '--set', 'app.greeting=before'])
  assert.is(limited.code, 0)
  const dryRun = await converge([...file, '--dry-run', '--exit-code'])
  assert.is(dryRun.code, 1)
  assert.match(dryRun.stdout, 'web0\n  unreachable at connect: cannot use ')
  assert.match(dryRun.stdout, '2 hosts: 1 to change, 1 unreachable; 1 change\n')
  const applied = await converge([...file, '--yes'])
  assert.is(applied.code, 1)
  assert.match(applied.stdout, 'web0 unreachable at connect: cannot use ')
  assert.match(applied.stdout, '2 hosts: 1 changed, 1 unreachable; 1 change applied;')
  assert.not.match(applied.stderr, 'web0')
  const idle = await converge([...file, '--yes'])
  assert.is(idle.code, 1)
})

test('contacts only the hosts of --limit', async () => {
  const { file } = await makeCluster()
  const { stdout } = await converge([...file, '-n', '--limit', 'web1'])
  assert.match(stdout, '1 host: 1 to change; 1 change')
  const unknown = await converge([...file, '-n', '--limit', 'wbe1'])
  assert.is(unknown.code, 3)
  assert.match(unknown.stderr, 'error: no host matches "wbe1" [invalid-selector]\n  did you mean web1?\n')
})

test('lets --set win over the spec', async () => {
  const { file } = await makeCluster()
  const { stdout } = await converge([
    ...file,
    '-n',
    '-l',
    'web0',
    '--set',
    'app.greeting=hi',
    '--set',
    'app.greeting=ho',
  ])
  assert.match(stdout, '+ho web0')
})

test('prints plan and report as documented JSON, and nothing else, to stdout', async () => {
  const { file } = await makeCluster()
  const plan = await converge([...file, '--dry-run', '--json'])
  assertValid('plan', JSON.parse(plan.stdout))
  const report = await converge([...file, '--yes', '--json'])
  assertValid('report', JSON.parse(report.stdout))
  const idle: unknown = JSON.parse((await converge([...file, '--yes', '--json'])).stdout)
  assertValid('report', idle)
  const wrong = await converge([...file, '--set', 'nonsense', '--dry-run', '--json'])
  assert.is(wrong.code, 3)
  assertValid('diagnostics', JSON.parse(wrong.stdout))
})

test('needs a terminal for --ask-sudo-password, or the environment', async () => {
  const { file } = await makeCluster()
  const refused = await converge([...file, '-n', '--ask-sudo-password'])
  assert.is(refused.code, 3)
  assert.match(refused.stderr, 'set CONVERGE_SUDO_PASSWORD instead')
  const asked = await converge([...file, '-n', '--ask-sudo-password'], { answers: ['secret'] })
  assert.equal(asked.questions, ['sudo password: '])
  const env = { CONVERGE_SUDO_PASSWORD: 'secret' }
  const unasked = await converge([...file, '-n', '--ask-sudo-password'], { answers: [], env })
  assert.equal(unasked.questions, [])
})

test('hands --confirm-within to the hosts, which refuse it where nothing could take the apply back', async () => {
  const { folder, file } = await makeCluster()
  const text = readFileSync(join(folder, 'cluster.yaml'), 'utf8')
  const group = '      - group: { name: ops }\n'
  writeFiles(folder, { 'cluster.yaml': text.replace('    resources:\n', `    resources:\n${group}`) })
  const options = ['-l', 'web0', '--yes', '--confirm-within', '2m']
  const { stdout, stderr, code } = await converge([...file, ...options])
  assert.match(stdout + stderr, 'If it is not confirmed, web0 does not undo this: ')
  assert.is(code, 1)
  assert.match(stdout, 'failed at apply: there is no systemd that could take the apply back')
  assert.not.ok(existsSync(join(folder, 'hosts/web0/etc/motd')))
  const { stdout: history } = await converge(['history', 'web0', ...file])
  assert.not.match(history, 'generation 1', 'an apply that did nothing is none')
})

test('a new name of a host is recorded once, also if nothing else changes', async () => {
  const named = (name: string) =>
    spec
      .replace('web[0-1]', `${name}[0-1]`)
      .replace('hosts/{{host.name}}', 'hosts/web{{index}}')
      .replace(' {{host.name}}', '')
  const { folder, file } = await makeCluster(named('web'))
  await converge([...file, '--yes'])
  writeFiles(folder, { 'cluster.yaml': named('www') })
  const applied = await converge([...file, '--yes'])
  assert.match(applied.stdout, 'file[/etc/motd]: the host is called www0 now (spec changed)')
  assert.match(applied.stdout, 'note: this machine was web0 until now, and keeps what it has')
  assert.match(applied.stdout, '2 hosts: 2 changed; 2 changes applied')
  const { stdout } = await converge([...file, '--dry-run'])
  assert.is(stdout, '2 hosts: 2 unchanged\n')
})

test.run()

import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder } from './scratch.ts'

const again = ['--set', 'app.greeting=hi']

/** Two applies: `hello`, then `hi`. They are made once, and each test has a copy. */
let past: Promise<string> | undefined
async function makePast(): Promise<string> {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  await converge([...file, ...again, '--yes'])
  return folder
}

async function makeHistory() {
  past ??= makePast()
  const folder = scratchFolder()
  // The state of a host has a pipe in it, which cpSync does not copy.
  execFileSync('cp', ['-a', `${await past}/.`, folder])
  const file = ['-f', join(folder, 'cluster.yaml')]
  const motd = (host: string) => readFileSync(join(folder, 'hosts', host, 'etc/motd'), 'utf8')
  return { folder, file, motd }
}

const plan = `web0
  restore /etc/motd (0644 root:root)
    file[/etc/motd]: as it was before generation 2
    @@ -1 +1 @@
    -hi web0
    +hello web0

1 host: 1 to change; 1 change
`

test('shows in a dry run what a rollback then does, and holds the host until its spec changes', async () => {
  const { file, motd } = await makeHistory()
  const dryRun = await converge(['rollback', 'web0', ...file, ...again, '--dry-run', '--exit-code'])
  assert.is(dryRun.stdout, plan)
  assert.is(dryRun.code, 2)
  const { stdout, code } = await converge(['rollback', 'web0', ...file, ...again, '--yes'])
  assert.is(code, 0)
  assert.is(
    stdout.replace(/\d+ ms|\d+\.\d s/, 'TIME'),
    `${plan}
web0 changed: 1 change applied

1 host: 1 changed; 1 change applied; TIME
web0 is held: converge skips it until the spec changes there. To apply the same spec anyway: converge --release
`,
  )
  assert.is(motd('web0'), 'hello web0\n')
  assert.is(motd('web1'), 'hi web1\n')
  const drift = await converge(['drift', 'web0', ...file, ...again])
  assert.is(drift.stdout, '1 host: 1 without drift\n')

  const held = await converge([...file, ...again, '--yes'])
  assert.is(
    held.stdout.replace(/by \S+ since \S+:/, 'by ME:'),
    `web0 held
  note: held after a rollback by ME: skipped until its spec changes, or with --release

2 hosts: 1 unchanged, 1 held
Nothing to do.
`,
  )
  const json = await converge([...file, ...again, '--dry-run', '--json'])
  const document = JSON.parse(json.stdout)
  assertValid('plan', document)
  assert.is(document.summary.held, 1)
  assert.is(document.hosts[0].status, 'held')
  assert.match(document.hosts[0].held, / since /)
  const report = JSON.parse((await converge([...file, ...again, '--yes', '--json'])).stdout)
  assertValid('report', report)
  assert.is(report.hosts[0].status, 'held')
  assert.match(report.hosts[0].held, / since /)

  const released = await converge([...file, ...again, '--release', '--yes'])
  assert.match(released.stdout, 'content will change (spec changed)')
  assert.is(motd('web0'), 'hi web0\n')
})

test('leaves a held host alone in a sealed plan, and has no program for it', async () => {
  const { folder, file, motd } = await makeHistory()
  await converge(['rollback', 'web0', ...file, ...again, '--yes'])
  appendFileSync(join(folder, 'hosts', 'web1', 'etc/motd'), 'by hand\n')
  const sealed = join(folder, 'p.json')
  const planned = await converge(['plan', ...file, ...again, '--out', sealed])
  assert.match(planned.stdout, '2 hosts: 1 to change, 1 held; 1 change\n')
  assertValid('sealed-plan', JSON.parse(readFileSync(sealed, 'utf8')))
  const script = await converge(['plan', ...file, ...again, '--script', 'web0'])
  assert.is(script.code, 3)
  assert.match(script.stderr, 'the host is held by a rollback, so nothing would run on it\n  pass --release')
  const outdated = await converge(['apply', sealed, ...file, '--set', 'app.greeting=ho', '--yes'])
  assert.is(outdated.code, 3)
  assert.match(outdated.stderr, 'error: web0: file[/etc/motd] has changed in the spec [plan-outdated]\n')
  const applied = await converge(['apply', sealed, '--yes'])
  assert.is(applied.code, 0)
  assert.match(applied.stdout, '2 hosts: 1 changed, 1 held; 1 change applied; ')
  assert.is(motd('web0'), 'hello web0\n')
})

test('shows the hand edit that it overwrites', async () => {
  const { folder, file } = await makeHistory()
  appendFileSync(join(folder, 'hosts', 'web0', 'etc/motd'), 'by hand\n')
  const { stdout } = await converge(['rollback', 'web0', ...file, ...again, '--dry-run'])
  assert.is(
    stdout,
    `web0
  restore /etc/motd (0644 root:root)
    file[/etc/motd]: as it was before generation 2 (host changed)
    @@ -1,2 +1 @@
    -hi web0
    -by hand
    +hello web0

1 host: 1 to change; 1 change
`,
  )
})

test('asks, and takes nothing back unless the answer is yes', async () => {
  const { file, motd } = await makeHistory()
  const { stdout, questions } = await converge(['rollback', 'web0', ...file], { answers: ['n'] })
  assert.is(stdout, `${plan}Nothing was applied.\n`)
  assert.equal(questions, ['Apply these changes? [y/N] '])
  assert.is(motd('web0'), 'hi web0\n')
  assert.is((await converge(['rollback', ...file])).code, 3, 'without a terminal it refuses')
})

test('returns to the state before the first apply with --to 0', async () => {
  const { file } = await makeHistory()
  const { stdout, code } = await converge(['rollback', ...file, '--to', '0', '--yes'])
  assert.is(code, 0)
  assert.match(stdout, 'web[0-1]\n  remove /etc/motd\n')
  assert.match(stdout, 'web[0-1] are held: converge skips them until')
})

test('fails for a host without such a generation, and says where to look', async () => {
  const { file } = await makeCluster()
  const { stdout, code } = await converge(['rollback', ...file, '--yes'])
  assert.is(code, 1)
  assert.match(stdout, 'failed at plan: there is no such generation to return to')
  assert.match(stdout, 'remedy: converge history web0 lists the generations that are kept.')
})

test('prints plan and report as documented JSON', async () => {
  const { file } = await makeHistory()
  const dryRun = JSON.parse((await converge(['rollback', ...file, '--dry-run', '--json'])).stdout)
  assertValid('plan', dryRun)
  assert.is(dryRun.command, 'rollback')
  const report = JSON.parse((await converge(['rollback', ...file, '--yes', '--json'])).stdout)
  assertValid('report', report)
  assert.is(report.command, 'rollback')
})

test.run()

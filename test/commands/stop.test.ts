import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Gate, makeGate } from '../crash/gate.ts'
import { programArguments } from '../programs.ts'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, spec } from './scratch.ts'

/** A gate on web0, and a spec with something to do before and after it on each host. */
async function makeGated(key: 'command' | 'guard') {
  const { folder, file } = await makeCluster()
  const root = (host: string) => join(folder, 'hosts', host)
  mkdirSync(join(root('web0'), 'srv/crash'), { recursive: true })
  const gate: Gate = makeGate(root('web0'))
  const waits = JSON.stringify(gate.command)
  const gated =
    key === 'command' ? `command: ${waits}, creates: ${gate.passed}` : `command: "true", onlyIf: ${waits}`
  const more = `      - command: { name: gate, ${gated} }\n      - file: { path: /etc/after, content: after }\n`
  writeFileSync(join(folder, 'cluster.yaml'), spec.replace('hosts:\n', `${more}hosts:\n`))
  const has = (host: string, path: string) => existsSync(join(root(host), path))
  return { file, gate, has }
}

function start(argv: readonly string[]) {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(process.execPath, [...programArguments('src/cli.ts'), ...argv, '--parallel', '1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  return { child, ended }
}

/** Sends the signal until what it asks for has happened; how often does not matter. */
async function signalUntil(child: ChildProcess, signal: NodeJS.Signals, happened: Promise<unknown>) {
  const sending = setInterval(() => child.kill(signal), 50)
  await happened
  clearInterval(sending)
}

/** What a stream says. */
function listenTo(stream: NodeJS.ReadableStream) {
  let heard = ''
  stream.on('data', (chunk) => {
    heard += chunk
  })
  return {
    heard: () => heard,
    async until(words: string): Promise<void> {
      while (!heard.includes(words)) await once(stream, 'data')
    },
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal}: started hosts finish, the rest does not start, and the report says which is which`, async () => {
    const { file, gate, has } = await makeGated('command')
    const { child, ended } = start([...file, '--yes'])
    const [stdout, stderr] = [listenTo(child.stdout), listenTo(child.stderr)]
    await gate.reached()
    child.kill(signal)
    await stderr.until('Interrupted: no further host is started.')
    gate.open()
    assert.is(await ended, 130)
    assert.match(stdout.heard(), 'web0 changed: 3 changes applied\n')
    assert.match(stdout.heard(), 'web1 not started: interrupted before it started\n')
    assert.match(stdout.heard(), '2 hosts: 1 changed, 1 not started; 3 changes applied;')
    assert.not.match(stderr.heard(), /\n {4}at /)
    assert.ok(has('web0', 'etc/after'))
    assert.not(has('web1', 'etc/motd'))
  })
}

test('SIGTERM twice: the report is complete, and the host finishes by itself', async () => {
  const { file, gate, has } = await makeGated('command')
  const { child, ended } = start([...file, '--yes', '--json'])
  const stdout = listenTo(child.stdout)
  await gate.reached()
  await signalUntil(child, 'SIGTERM', ended)
  assert.is(await ended, 130)
  const report = JSON.parse(stdout.heard())
  assertValid('report', report)
  assert.equal(
    report.hosts.map((host: { status: string; results?: unknown[] }) => [host.status, host.results?.length]),
    [
      ['left-running', 1],
      ['not-started', undefined],
    ],
  )
  assert.equal([report.summary.leftRunning, report.summary.notStarted], [1, 1])
  assert.not(has('web0', 'etc/after'))
  gate.open()
  const after = await converge([...file, '--dry-run', '--lock-wait', '60', '--limit', 'web0'])
  assert.match(after.stdout, '1 host: 1 unchanged\n')
})

test('SIGHUP of a terminal that has gone, and its pipes with it: the host is followed to its end', async () => {
  const { file, gate, has } = await makeGated('command')
  const { child, ended } = start([...file, '--yes'])
  child.stdout.destroy()
  child.stderr.destroy()
  await gate.reached()
  child.kill('SIGHUP')
  gate.open()
  assert.is(await ended, 130)
  assert.ok(has('web0', 'etc/after'))
})

test('SIGINT while hosts are inspected: nothing starts, and no partial document is printed', async () => {
  const { file, gate, has } = await makeGated('guard')
  const { child, ended } = start([...file, '--yes', '--json'])
  const [stdout, stderr] = [listenTo(child.stdout), listenTo(child.stderr)]
  await gate.reached()
  child.kill('SIGINT')
  assert.is(await ended, 130)
  assert.is(stdout.heard(), '')
  assert.match(stderr.heard(), /^inspecting 2 hosts\nInterrupted\.\n$/)
  assert.not(has('web0', 'etc/motd'))
})

for (const argv of [['--yes'], ['status'], ['exec', 'web0', '--', 'true'], ['retire', 'web9', '--yes']]) {
  test(`Ctrl-C at the sudo prompt ends converge ${argv[0]}, which contacts no host`, async () => {
    const { file } = await makeCluster()
    const [first = '', ...rest] = argv
    const asked = await converge([first, ...file, '--ask-sudo-password', ...rest], { answers: [] })
    assert.is(asked.code, 130, asked.stderr)
    assert.equal(asked.questions, ['sudo password: '])
    assert.equal([asked.stdout, asked.stderr], ['', 'Interrupted.\n'])
  })
}

test('a signal at the question applies nothing', async () => {
  const { folder, file } = await makeCluster()
  const pressed = await converge(file, { answers: [], onStoppable: () => {} })
  assert.is(pressed.code, 130)
  assert.not(existsSync(join(folder, 'hosts/web0/etc/motd')))
})

test('retire asks for the sudo password once, and a signal keeps it from forgetting the host', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  const path = join(folder, 'cluster.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"web[0-1]":', 'web0:'))
  const declined = await converge(['retire', 'web1', ...file, '--ask-sudo-password'], {
    answers: ['secret', 'no'],
  })
  assert.equal(declined.questions, ['sudo password: ', 'Type "prune" to apply these changes: '])
  assert.is(declined.code, 1)

  let press = () => {}
  const stopped = await converge(['retire', 'web1', ...file], {
    onStoppable: (pressed) => (press = pressed),
    answers: ['prune'],
    onQuestion: () => press(),
  })
  assert.is(stopped.code, 130, stopped.stderr)
  assert.match(stopped.stdout, 'web1 not started: interrupted before it started')
  const again = await converge(['retire', 'web1', ...file, '--yes', '--allow-prune'])
  assert.is(again.code, 0, again.stderr)
})

test.run()

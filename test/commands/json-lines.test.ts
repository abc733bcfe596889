import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge, type Outcome } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

/** The lines of an outcome, each valid by the schema. */
function lines({ stdout }: Outcome) {
  assert.ok(stdout.endsWith('\n'))
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((text) => {
      const line = JSON.parse(text)
      assertValid('events', line)
      return line
    })
}

const eventsOf = (outcome: Outcome) => lines(outcome).map(({ event }) => event)

test('reports an apply as it happens: plan, waves, each change, each host, then the report', async () => {
  const { file } = await makeCluster()
  const outcome = await converge([...file, '--yes', '--json-lines', '--limit', 'web0'])
  assert.is(outcome.code, 0)
  const all = lines(outcome)
  const events = all.map(({ event }) => event).filter((event) => event !== 'connecting')
  assert.equal(events, [
    'phase',
    'inspected',
    'plan',
    'phase',
    'wave',
    'uploading',
    'change-started',
    'change-done',
    'inspected',
    'host-done',
    'report',
  ])
  assert.is(all.find(({ event }) => event === 'plan').document.summary.changes, 1)
  assert.is(all.at(-1).document.summary.changed, 1)
  assert.match(outcome.stderr, 'applying ', 'as with --json')
})

const commands: readonly (readonly [readonly string[], string])[] = [
  [['plan'], 'plan'],
  [['--dry-run'], 'plan'],
  [['--yes'], 'report'],
  [['rollback', '--dry-run'], 'plan'],
  [['status'], 'status'],
  [['drift'], 'drift'],
  [['history'], 'history'],
  [['validate'], 'diagnostics'],
]

/** None of the commands has anything to change: they share two hosts that were applied to. */
let converged: Promise<readonly string[]> | undefined
async function makeConverged(): Promise<readonly string[]> {
  const { file } = await makeCluster()
  await converge([...file, '--yes'])
  return file
}

for (const [argv, event] of commands) {
  test(`ends with the document that --json prints: ${argv.join(' ')}`, async () => {
    converged ??= makeConverged()
    const file = await converged
    const asJson = await converge([...argv, ...file, '--json'])
    const asLines = await converge([...argv, ...file, '--json-lines'])
    assert.is(asLines.code, asJson.code)
    assert.is(asLines.stderr, asJson.stderr)
    const last = lines(asLines).at(-1)
    assert.is(last.event, event)
    assert.equal(last.document, JSON.parse(asJson.stdout))
  })
}

test('ends with the answers of exec', async () => {
  const { file } = await makeCluster()
  const outcome = await converge([
    'exec',
    'web1',
    '--allow-local',
    ...file,
    '--json-lines',
    '--',
    'echo hello; exit 3',
  ])
  assert.is(outcome.code, 1)
  assert.equal(lines(outcome).at(-1).document.hosts, [
    { host: 'web1', exitCode: 3, stdout: 'hello\n', stderr: '' },
  ])
})

test('says in a line what is wrong with the spec or the command line', async () => {
  const { file } = await makeCluster()
  const wrong = await converge([...file, '--set', 'nonsense', '--dry-run', '--json-lines'])
  assert.is(wrong.code, 3)
  assert.equal(eventsOf(wrong), ['diagnostics'])
  const unasked = await converge([...file, '--json-lines'], { answers: ['y'] })
  assert.is(unasked.code, 3)
  const [line] = lines(unasked)
  assert.is(line.document.diagnostics[0].message, '--json-lines cannot ask for consent')
})

test('reports in a line what a host failed at, and continues with the others', async () => {
  const { folder, file } = await makeCluster()
  rmSync(join(folder, 'hosts/web0'), { recursive: true })
  const outcome = await converge([...file, '--yes', '--json-lines'])
  assert.is(outcome.code, 1)
  const done = lines(outcome).filter(({ event }) => event === 'host-done')
  assert.equal(done.map(({ report }) => [report.host, report.status]).sort(), [
    ['web0', 'unreachable'],
    ['web1', 'changed'],
  ])
})

test.run()

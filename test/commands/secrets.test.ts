import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { sealCatalog } from '../../src/plan/sealed/sealed-plan.ts'
import { catalogDigest, desiredDigest } from '../../src/record/digest.ts'
import { converge, stateHome } from './recording-io.ts'
import { makeCluster, scratchFolder } from './scratch.ts'

const spec = `cluster: test
hosts:
  web0:
    transport: directory
    directory: hosts/web0
    resources:
      - command: { name: migrate, command: 'exit 7', unless: 'false', environment: { TOKEN: hunter2-value } }
  web1:
    transport: directory
    directory: hosts/web1
    resources:
      - command: { name: load, command: 'echo "hunter2 $TOKEN"; exit 7', unless: 'false', sensitive: true, environment: { TOKEN: hunter2-value } }
`

test('no output of any command has the values of variables, or what a sensitive command prints', async () => {
  const { folder, file } = await makeCluster(spec)
  const out = join(folder, 'plan.json')
  const shown: string[] = []
  for (const argv of [
    ['plan', '--out', out],
    ['plan', '--json'],
    ['plan', '--script', 'web0'],
    ['plan', '--script', 'web1'],
    ['--dry-run', '--json-lines'],
    ['validate', '--json'],
    ['--yes', '--json-lines'],
    ['--yes', '--json'],
    ['--yes'],
    ['history', '--json'],
    ['status', '--json'],
  ]) {
    const { stdout, stderr } = await converge([...argv, ...file])
    shown.push(stdout, stderr)
  }
  const all = [...shown, readFileSync(out, 'utf8')].join('\n')
  assert.match(all, 'with TOKEN')
  assert.match(all, 'the command is sensitive: its output is neither shown nor kept')
  assert.not.match(all, 'hunter2-value')
})

const short = `cluster: test
hosts:
  web0:
    transport: directory
    directory: hosts/web0
    resources:
      - file: { path: /etc/pin, content: "4711", sensitive: true }
  web1:
    transport: directory
    directory: hosts/web1
    resources:
      - command: { name: load, command: 'echo "$PIN" >"$CONVERGE_ROOT/etc/loaded"', creates: /etc/loaded, environment: { PIN: "4711" } }
`

/** Everything that could be computed from the spec with the right guess, and from what is on a host. */
async function guesses(file: string, ...contents: readonly string[]): Promise<readonly string[]> {
  const { catalog, cluster } = await loadSpec({ file })
  return [
    ...contents.map((content) => createHash('sha256').update(content).digest('hex')),
    ...catalog.hosts.flatMap((own) => [
      catalogDigest(own),
      ...own.entries.map(({ resource }) => desiredDigest(resource.desired)),
      ...Object.values(
        sealCatalog(
          own,
          cluster.hosts.find(({ name }) => name === own.host),
        ).resources,
      ),
    ]),
  ]
}

test('no plan, program or document has a digest from which a short secret could be guessed', async () => {
  const { folder, file } = await makeCluster(short)
  const path = join(folder, 'cluster.yaml')
  const out = join(folder, 'plan.json')
  const all: string[] = []
  const show = async () => {
    for (const argv of [['--out', out], ['--json'], ['--script', 'web0'], ['--script', 'web1']]) {
      const { stdout, code } = await converge(['plan', ...argv, ...file])
      assert.is(code, 0)
      all.push(stdout)
    }
    all.push(readFileSync(out, 'utf8'))
  }
  await show()
  const first = await guesses(path, '4711', 'by hand')
  assert.is((await converge(['apply', out, '--yes', ...file])).code, 0, 'the operator has the key')
  assert.is(readFileSync(join(folder, 'hosts/web0/etc/pin'), 'utf8'), '4711')
  assert.is(readFileSync(join(folder, 'hosts/web1/etc/loaded'), 'utf8'), '4711\n')
  writeFileSync(join(folder, 'hosts/web0/etc/pin'), 'by hand')
  await show()
  // What was sensitive is still a secret when the spec no longer says so.
  writeFileSync(path, short.replace('"4711", sensitive: true', '"none"').replace(/, environment.*/, ' }'))
  await show()
  writeFileSync(path, short.replaceAll(/ +resources:\n.*\n/g, ''))
  await converge(['plan', '--out', out, ...file])
  const text = [...all, readFileSync(out, 'utf8')].join('\n')
  assert.match(text, '/etc/pin')
  for (const digest of first) assert.not.match(text, digest)
})

test('a plan with something sensitive is applied with the key that it was made with, and with no other', async () => {
  const { folder, file } = await makeCluster(short)
  const out = join(folder, 'plan.json')
  const elsewhere = { XDG_STATE_HOME: scratchFolder() }
  await converge(['plan', '--out', out, ...file])
  assert.is(statSync(join(stateHome, 'converge/plan-key')).mode & 0o777, 0o600)
  const refused = await converge(['apply', out, '--yes', ...file], { env: elsewhere })
  assert.is(refused.code, 3)
  assert.match(
    refused.stderr,
    'was made with another key than that of this machine and user\n  set CONVERGE_PLAN_KEY',
  )
  const CONVERGE_PLAN_KEY = 'of both jobs of one pipeline, from its secrets'
  await converge(['plan', '--out', out, ...file], { env: { CONVERGE_PLAN_KEY } })
  assert.is((await converge(['apply', out, '--yes', ...file])).code, 3)
  const env = { ...elsewhere, CONVERGE_PLAN_KEY }
  assert.is((await converge(['apply', out, '--yes', ...file], { env })).code, 0)
  const short1 = await converge(['plan', '--out', out, ...file], { env: { CONVERGE_PLAN_KEY: 'short' } })
  assert.match(short1.stderr, 'CONVERGE_PLAN_KEY is too short for a key\n')
})

test('a key that others can read is refused, and a plan without secrets needs none', async () => {
  const { folder, file } = await makeCluster(short)
  const out = join(folder, 'plan.json')
  const env = { XDG_STATE_HOME: scratchFolder() }
  await converge(['plan', '--out', out, ...file], { env })
  chmodSync(join(env.XDG_STATE_HOME, 'converge/plan-key'), 0o640)
  const { code, stderr } = await converge(['apply', out, '--yes', ...file], { env })
  assert.is(code, 3)
  assert.match(stderr, 'plan-key is a key that others can read\n')
  const plain = await makeCluster()
  await converge(['plan', '--out', out, ...plain.file])
  assert.not.ok('concealed' in JSON.parse(readFileSync(out, 'utf8')))
  assert.is((await converge(['apply', out, '--yes', ...plain.file], { env })).code, 0)
})

test.run()

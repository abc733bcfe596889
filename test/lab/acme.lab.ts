import { readdirSync, readFileSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as assert from 'uvu/assert'
import { type CommandResult, run } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { acmeRepository, commitAll } from '../samples/acme.ts'
import { labSsh } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

// The repository of fixtures/clusters/acme on real hosts: TLS servers that are asked without a pause, while their
// authority is rotated. Every secret is searched for wherever it does not belong.

const test = labSuite('two clusters of one repository, with secrets, on real hosts')
const clusters = { blue: ['blue0', 'blue1'], green: ['green0'] } as const
type ClusterName = keyof typeof clusters
const hosts = Object.values(clusters).flat()

let lab: Lab
let folder: string
let identity: string
/** What nobody may see: a part of each secret that stands on one line. */
let canaries: readonly string[] = []
let printed = ''

test.before(async () => {
  lab = await startLab({ hosts, packages: ['nginx'] })
  folder = await mkdtemp(join(tmpdir(), 'converge-lab-acme-'))
  acmeRepository(folder)
  for (const [cluster, names] of Object.entries(clusters)) {
    const value = Object.fromEntries(
      names.map((name, index) => [name, { address: lab.address(name), labels: { zone: 'ab'[index] } }]),
    )
    const output = cluster === 'blue' ? 'hosts' : 'machines'
    const terraform = { [output]: { sensitive: false, type: ['map', 'dynamic'], value } }
    await writeFile(join(folder, `clusters/${cluster}/terraform.json`), JSON.stringify(terraform))
    await appendFile(join(folder, `clusters/${cluster}/cluster.yaml`), `${labSsh(lab, 'admin')}\n`)
  }
  const own = join(folder, 'node_modules/identity')
  await succeeds('blue', ['secrets', 'init', 'ann', '--new-identity', own])
  identity = /AGE-SECRET-KEY-\w+/.exec(await readFile(own, 'utf8'))?.[0] ?? ''
  const key = join(folder, 'node_modules/key')
  await writeFile(key, 'canary "of" the $api\n')
  const secrets = join(folder, 'secrets.yaml')
  const written = await readFile(secrets, 'utf8')
  await writeFile(
    secrets,
    written.replace(/^secrets:.*$/m, 'secrets:\n  api/key: { file: node_modules/key }'),
  )
  for (const cluster of both) await succeeds(cluster, ['secrets', 'generate'])
  commitAll(folder, 'as it is')
  await readCanaries()
})

test.after(async () => {
  await lab?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

test('the watch sees what a process on a host shows', async () => {
  const watch = watchProcesses()
  const [canary = ''] = canaries
  await lab.run('blue0', `PW='${canary}' sleep 1; true`)
  const { found } = watch.stop()
  assert.ok(found.includes(`${canary} in sleep 1 `), 'in the environment of a program')
  assert.ok(
    found.some((one) => one.includes(`PW='${canary}'`)),
    'in the arguments of a shell',
  )
})

test('both clusters converge, and no process, journal, output or open file shows a secret meanwhile', async () => {
  const watch = watchProcesses()
  for (const cluster of both) {
    await succeeds(cluster, ['--dry-run', '--verbose'])
    await succeeds(cluster, ['plan', '--out', join(folder, `${cluster}.plan`)])
    await succeeds(cluster, ['apply', join(folder, `${cluster}.plan`), '--yes', '--verbose'])
    await succeeds(cluster, ['--dry-run', '--exit-code'])
    for (const command of [['status'], ['drift'], ['history'], ['explain', clusters[cluster][0]]])
      await succeeds(cluster, [...command, '--json'])
    printed += await readFile(join(folder, `${cluster}.plan`), 'utf8')
  }
  const { looks, found } = watch.stop()
  assert.ok(looks > 20, `only ${looks} looks at all processes`)
  assert.equal(found, [])
  assert.equal(
    canaries.filter((canary) => printed.includes(canary)),
    [],
  )
  for (const host of hosts) {
    const { stdout } = await lab.run(host, 'journalctl --no-pager --output export')
    assert.ok(stdout.length > 1000)
    assert.equal(
      canaries.filter((canary) => stdout.includes(canary)),
      [],
      `the journal of ${host}`,
    )
    await areKept(host)
  }
})

test('the servers answer, and the clients of a host ask those of its own cluster', async () => {
  await waitForAnswers()
  for (const [cluster, names] of Object.entries(clusters)) {
    const wanted = names.map((name) => `https://${lab.address(name)}:${cluster === 'blue' ? 8443 : 9443}/`)
    for (const name of names)
      assert.equal((await lines(name, 'cat /etc/acme/servers')).toSorted(), wanted.toSorted())
  }
})

test('an authority is rotated in three changes, without one refused request', async () => {
  const oldCertificate = await readFile(lab.path('blue0', '/etc/acme/ca.pem'), 'utf8')
  for (const host of hosts) await lab.run(host, 'rm -f /run/acme-probe/*')
  const watch = watchProcesses()

  const [begun] = await rotate(['pki/ca'])
  assert.match(begun, '/etc/acme/ca.pem')
  assert.not.match(begun, 'nginx')
  await readCanaries()
  assert.is((await lines('blue0', 'grep BEGIN /etc/acme/ca.pem')).length, 2)

  const [issued] = await rotate(['--continue', 'pki/ca'])
  assert.match(issued, 'reload nginx.service')
  await readCanaries()
  await writeFile(lab.path('blue0', '/root/old.pem'), oldCertificate)
  const asOf = (pem: string) =>
    lab.run('blue0', `curl -sS --cacert ${pem} -o /dev/null https://${lab.address('blue1')}:8443/`)
  assert.is(
    (await asOf('/root/old.pem')).exitCode,
    60,
    'who trusts only the old authority refuses the new one',
  )

  const [ended] = await rotate(['--continue', 'pki/ca'])
  assert.match(ended, '/etc/acme/ca.pem')
  assert.is((await lines('blue0', 'grep BEGIN /etc/acme/ca.pem')).length, 1)
  assert.is((await asOf('/etc/acme/ca.pem')).exitCode, 0)

  for (const host of hosts) {
    const answered = await lines(host, 'cat /run/acme-probe/answered')
    assert.ok(answered.length > 50, `${host} had only ${answered.length} answers`)
    assert.equal(await lines(host, 'cat /run/acme-probe/failed /run/acme-probe/errors 2>/dev/null'), [])
  }
  assert.equal(watch.stop().found, [])
  assert.equal(
    canaries.filter((canary) => printed.includes(canary)),
    [],
  )
  assert.match(await succeeds('blue', ['secrets', 'check']), 'nothing to report')
})

const both = Object.keys(clusters) as readonly ClusterName[]

/** One step of a rotation: what `diff` says of it for blue, whose hosts then have it, as those of green. */
async function rotate(argv: readonly string[]): Promise<readonly [string]> {
  await succeeds('blue', ['secrets', 'rotate', ...argv])
  commitAll(folder, `rotate ${argv.join(' ')}`)
  const diff = await succeeds('blue', ['diff', 'HEAD~1..HEAD'])
  for (const cluster of both) {
    await succeeds(cluster, ['--yes'])
    await succeeds(cluster, ['--dry-run', '--exit-code'])
  }
  await waitForAnswers()
  return [diff]
}

/** Waits until every client has had some more answers. */
async function waitForAnswers(): Promise<void> {
  for (const host of hosts) {
    const count = 'cat /run/acme-probe/answered 2>/dev/null | wc -l'
    const waiting = `n=$(${count}); for i in $(seq 300); do [ "$(${count})" -gt $((n + 5)) ] && exit 0; sleep 0.1; done; cat /run/acme-probe/*; exit 1`
    const { exitCode, stdout } = await lab.run(host, waiting)
    assert.is(exitCode, 0, `${host}: ${stdout}`)
  }
}

async function succeeds(cluster: ClusterName, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await onCluster(cluster, argv)
  assert.is(exitCode, 0, `${argv.join(' ')}: ${stdout}${stderr}`)
  printed += stdout + stderr
  return stdout
}

function onCluster(cluster: ClusterName, argv: readonly string[]): Promise<CommandResult> {
  const file = ['-f', join(folder, `clusters/${cluster}/cluster.yaml`)]
  const env = {
    ...process.env,
    FORCE_COLOR: undefined,
    NO_COLOR: '1',
    ...(identity && { CONVERGE_IDENTITY: identity }),
  }
  return run(process.execPath, [resolve('dist/cli.js'), ...argv, ...file], { cwd: folder, env })
}

async function lines(host: string, command: string): Promise<readonly string[]> {
  return (await lab.run(host, command)).stdout.split('\n').filter((line) => line !== '')
}

/** Adds what is secret now to the canaries. */
async function readCanaries(): Promise<void> {
  const { secrets } = JSON.parse(await succeeds('blue', ['secrets', 'list', '--json']))
  const values = await Promise.all(
    secrets.map(
      async ({ key }: { key: string }) => (await onCluster('blue', ['secrets', 'show', key])).stdout,
    ),
  )
  const secretLines = values.map((value) =>
    value
      .trimEnd()
      .split('\n')
      .at(value.startsWith('--') ? 2 : 0),
  )
  assert.ok(
    secretLines.every((line) => line.length > 15),
    'a canary of each',
  )
  canaries = [...new Set([...canaries, ...secretLines])]
}

/** What of a canary or of the identity any process shows in its arguments or environment, also of those on the hosts. */
function watchProcesses() {
  const found = new Set<string>()
  let looks = 0
  const look = (): void => {
    looks++
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const [words, environment] = [contentOf(`/proc/${pid}/cmdline`), contentOf(`/proc/${pid}/environ`)]
      for (const canary of canaries)
        if (words.includes(canary) || environment.includes(canary)) found.add(`${canary} in ${words}`)
      const isOwn = words.includes('dist/cli.js')
      if (words.includes(identity) || (environment.includes(identity) && !isOwn))
        found.add(`the identity in ${words}`)
    }
  }
  const timer = setInterval(look, 100)
  return {
    stop() {
      clearInterval(timer)
      return { looks, found: [...found] }
    },
  }
}

/** Empty if the process has ended. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Only the files that are to have secrets have them, and those that converge keeps; nobody else can read them. */
async function areKept(host: string): Promise<void> {
  const list = join(folder, 'node_modules/canaries')
  await writeFile(list, `${canaries.join('\n')}\n`)
  const root = lab.path(host, '/')
  const { stdout } = await run('grep', ['-rlF', '--devices=skip', '-f', list, root])
  const paths = stdout.split('\n').filter((path) => path !== '')
  const own = paths.map((path) => `/${path.slice(root.length).replace(/^\//, '')}`)
  const expected = ['/etc/acme/api.env', '/etc/acme/server.pem']
  assert.equal(own.filter((path) => !path.startsWith('/var/lib/converge/')).sort(), expected)
  for (const path of paths) {
    const { mode } = await stat(path)
    const isClosed = path.includes('/var/lib/converge/') ? (mode & 0o077) === 0 : (mode & 0o007) === 0
    assert.ok(isClosed, `${path} has the mode ${mode.toString(8)}`)
  }
}

test.run()

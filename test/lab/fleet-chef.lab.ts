import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as assert from 'uvu/assert'
import { type CommandResult, mustRun, run } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { type DiscoveryService, serveDiscovery } from './discovery-service.ts'
import { labSsh } from './harness/converge.ts'
import { etcdArchive } from './harness/etcd-archive.ts'
import { labSuite } from './harness/unavailable.ts'

// The roles of fixtures/clusters/fleet-chef on real hosts: two members of etcd that find each other by discovery, and a
// proxy. etcd is Debian's, with its v2 API; docker is Debian's package; fleetd is a stand-in with fleetd's configuration.

const test = labSuite('etcd, fleet and docker in place of a cookbook')
const members = ['infra0', 'infra1'] as const
const hosts = [...members, 'edge0']

let lab: Lab
let folder: string
let discovery: DiscoveryService
let env: NodeJS.ProcessEnv

test.before(async () => {
  lab = await startLab({ hosts, packages: ['docker.io', 'apparmor'] })
  discovery = await serveDiscovery(lab.bridgeAddress, members.length)
  folder = await mkdtemp(join(tmpdir(), 'converge-lab-fleet-'))
  const shared = await readFile(resolve('fixtures/clusters/fleet-chef/shared.yaml'), 'utf8')
  await writeFile(
    join(folder, 'shared.yaml'),
    shared.replace(/(?<=discovery: )https.*(?= \})/, discovery.url),
  )
  const etcd = await etcdArchive()
  const fleet = await fleetArchive(join(folder, 'fleet'))
  const spec = `cluster: fleet-lab
${labSsh(lab, 'root')}
include: [shared.yaml]
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  # A container has neither a clock nor a network of its own to manage.
  base: { timeService: none }
  docker: { settings: { bridge: none, iptables: false, ip-forward: false, storage-driver: vfs } }
  etcd:
    version: "${etcd.version}"
    url: ${await lab.serve(etcd.directory)}/${etcd.name}
    sha256: ${etcd.sha256}
    additionalClientPorts: [4001]
    variablesIn: unit
    extra: { ETCD_ENABLE_V2: true }
  fleet: { version: 1.0.0, url: ${await lab.serve(join(folder, 'fleet'))}/fleet.tar.gz, sha256: ${fleet} }
hosts:
${members.map((name, index) => `  ${name}: { address: ${lab.address(name)}, labels: { region: eu, az: eu-${index} }, roles: [fleet-node, discovery] }`).join('\n')}
  edge0: { address: ${lab.address('edge0')}, roles: [fleet-node, discovery], attributes: { etcd: { mode: proxy } } }
`
  await writeFile(join(folder, 'cluster.yaml'), spec)
  env = { ...process.env, NO_COLOR: '1' }
  await succeeds(['secrets', 'init', 'ann', '--new-identity', join(folder, 'identity')])
  const identity = /AGE-SECRET-KEY-\w+/.exec(await readFile(join(folder, 'identity'), 'utf8'))?.[0]
  env = { ...env, CONVERGE_IDENTITY: identity }
  // The hosts keep the keys that they have.
  for (const name of hosts) {
    const key = await readFile(lab.path(name, '/etc/ssh/ssh_host_ed25519_key'), 'utf8')
    await succeeds(['secrets', 'set', `ssh/host/${name}`, '--kind', 'sshKey'], key)
  }
  await succeeds(['secrets', 'generate'])
})

test.after(async () => {
  await discovery?.close()
  await lab?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

test('warns of two members, and converges all three hosts at once', async () => {
  const validated = await succeeds(['validate'])
  assert.match(
    validated.stderr,
    '2 members of etcd have a quorum of 2: if either fails, nothing can be written',
  )
  await succeeds(['--yes'])
  const peers = members.map((name) => `${name}=http://${lab.address(name)}:2380`)
  assert.equal(discovery.registered().toSorted(), peers.toSorted())
  for (const name of hosts)
    assert.is(
      (await output(name, 'systemctl is-active etcd fleet docker')).trim(),
      'active\nactive\nactive',
      name,
    )
})

test('has nothing left to do', async () => {
  await succeeds(['--dry-run', '--exit-code'])
  await succeeds(['drift'])
})

test('what is written through the proxy is read from a member, on the port of old clients too', async () => {
  await output('edge0', 'curl -sf -X PUT http://127.0.0.1:2379/v2/keys/greeting -d value=hello')
  const read = await output('infra1', `curl -sf http://${lab.address('infra0')}:4001/v2/keys/greeting`)
  assert.is(JSON.parse(read).node.value, 'hello')
  const { members: found } = JSON.parse(await output('infra0', 'curl -sf http://127.0.0.1:2379/v2/members'))
  assert.equal(
    found.map((one: { clientURLs: string[] }) => one.clientURLs).toSorted(),
    members.map((name) => [`http://${lab.address(name)}:2379`]),
  )
})

test('fleetd runs with the configuration that was asked for', async () => {
  for (const [index, name] of members.entries()) {
    const said = await output(name, 'cat /run/fleetd-read')
    assert.match(said, `public_ip="${lab.address(name)}"\nmetadata="az=eu-${index},region=eu"\n`)
    assert.match(said, /^etcd_servers=\["http:\/\/127.0.0.1:2379","http:/)
  }
})

test('docker has taken its settings', async () => {
  assert.is(
    await output(
      'infra0',
      "docker info --format '{{.DockerRootDir}} {{.LoggingDriver}} {{.LiveRestoreEnabled}}'",
    ),
    '/data/docker json-file true\n',
  )
})

test('core logs in from each host to each other, without a question', async () => {
  for (const from of hosts)
    for (const to of hosts) {
      const login = `runuser -u core -- ssh -o BatchMode=yes -o StrictHostKeyChecking=yes ${to} hostname`
      assert.is(await output(from, login), `${to}\n`, `${from} to ${to}`)
    }
  const refused = await lab.run('infra0', 'sshd -T | grep -i ^passwordauthentication')
  assert.is(refused.stdout, 'passwordauthentication no\n')
})

async function output(host: string, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(host, command)
  assert.is(exitCode, 0, `${command}: ${stdout}${stderr}`)
  return stdout
}

async function succeeds(argv: readonly string[], input = ''): Promise<CommandResult> {
  const result = await run(process.execPath, [resolve('dist/cli.js'), ...argv], { cwd: folder, env, input })
  assert.is(result.exitCode, 0, `${argv.join(' ')}: ${result.stdout}${result.stderr}`)
  return result
}

/** An archive laid out like a release of fleet; its fleetd says what it was started with. Gives its checksum. */
async function fleetArchive(directory: string): Promise<string> {
  const release = join(directory, 'work/fleet-v1.0.0-linux-amd64')
  await mkdir(release, { recursive: true })
  const fleetd = '#!/bin/sh\ncat "${1#--config=}" >/run/fleetd-read\nexec sleep infinity\n'
  for (const [name, text] of Object.entries({ fleetd, fleetctl: '#!/bin/sh\n' })) {
    await writeFile(join(release, name), text)
    await chmod(join(release, name), 0o755)
  }
  const archive = join(directory, 'fleet.tar.gz')
  await mustRun('tar', ['-czf', archive, '-C', join(directory, 'work'), 'fleet-v1.0.0-linux-amd64'])
  await rm(join(directory, 'work'), { recursive: true })
  return createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')
}

test.run()

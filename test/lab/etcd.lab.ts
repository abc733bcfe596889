import * as assert from 'uvu/assert'
import { operatorPassword } from '../../src/lab/base-tree.ts'
import type { CommandResult } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { type EtcdArchive, etcdArchive } from './harness/etcd-archive.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('etcd on real hosts')
const names = ['infra0', 'infra1', 'infra2'] as const

let lab: Lab
let project: Project
let etcd: EtcdArchive
let mirror: string

test.before(async () => {
  lab = await startLab({
    hosts: names,
    smallDisks: { infra2: [{ path: '/srv/small', sizeBytes: 64 * 1024 }] },
  })
  etcd = await etcdArchive()
  mirror = await lab.serve(etcd.directory)
  project = await createProject(spec())
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('shows the whole bootstrap before anything is touched', async () => {
  const plan = await project.converge(['--dry-run', '--exit-code'])
  assert.is(plan.exitCode, 2, told(plan))
  assert.match(plan.stdout, `extract ${mirror}/`)
  assert.match(plan.stdout, 'start etcd.service without waiting for it')
  assert.match(plan.stdout, '3 hosts: 3 to change')
  assert.is((await lab.run('infra0', 'ls /etc/etcd')).exitCode, 2)
})

test('refuses to bootstrap a part of the members', async () => {
  const plan = await project.converge(['--dry-run', '--limit', 'infra[0-1]'])
  assert.is(plan.exitCode, 1, told(plan))
  assert.match(plan.stdout, 'etcd cannot be bootstrapped: infra2 did not answer or is not selected')
})

test('brings three hosts from nothing to a healthy cluster', async () => {
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, told(applied))
  assert.is(await healthyMembers(), 3)
  for (const name of names) {
    assert.is((await lab.run(name, 'ls /etc/etcd')).stdout, 'etcd.env\n', 'the bootstrap variables are gone')
  }
})

test('has nothing left to do', async () => {
  await isConverged()
})

test('renders units that systemd accepts without a word', async () => {
  for (const name of names) {
    const verified = await lab.run(name, 'systemd-analyze verify etcd.service')
    assert.equal(verified, { exitCode: 0, stdout: '', stderr: '' })
  }
})

test('changes one file and restarts once per host, one host after the other, when the heartbeat changes', async () => {
  await project.write('cluster.yaml', spec({ heartbeat: 150 }))
  const plan = JSON.parse((await project.converge(['--dry-run', '--json'])).stdout)
  for (const host of plan.hosts) {
    assert.equal(
      host.changes.map((change: { operation: { op: string; path?: string; action?: string } }) => [
        change.operation.op,
        change.operation.path ?? change.operation.action ?? '',
      ]),
      [
        ['write', '/etc/etcd/etcd.env'],
        ['unit', 'restart'],
        ['await', ''],
      ],
    )
  }
  assert.equal(
    plan.waves.map((wave: { hosts: string[] }) => wave.hosts),
    [['infra0'], ['infra1'], ['infra2']],
  )
  const before = await starts()
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, told(applied))
  assert.equal(
    await starts(),
    before.map((count) => count + 1),
  )
  assert.is(await healthyMembers(), 3)
  await isConverged()
})

/** Between which moments a member was last down, by the clock that all hosts of the lab share. */
async function lastDown(host: (typeof names)[number]): Promise<{ host: string; from: number; to: number }> {
  const { stdout } = await lab.run(host, 'systemctl show etcd.service')
  const moment = (state: string): number =>
    Number(new RegExp(`^Active${state}TimestampMonotonic=(\\d+)$`, 'm').exec(stdout)?.[1])
  return { host, from: moment('Exit'), to: moment('Enter') }
}

test('a member that has lost its data joins anew, and never begins a cluster', async () => {
  const lose = 'systemctl stop etcd.service && rm -r /var/lib/etcd/member'
  assert.is((await lab.run('infra2', lose)).exitCode, 0)
  const plan = await project.converge(['--dry-run'])
  assert.match(
    plan.stdout,
    /add infra2 \(http:\/\/\S+:2380\) to etcd as a learner in place of the member [0-9a-f]+/,
  )
  const alone = await project.converge(['--yes', '--limit', 'infra2'])
  assert.is(alone.exitCode, 1, told(alone))
  assert.match(alone.stdout, 'etcd cannot be bootstrapped: infra0, infra1 did not answer or are not selected')
  const joined = await project.converge(['--yes'])
  assert.is(joined.exitCode, 0, told(joined))
  assert.is(await healthyMembers(), 3)
  await isConverged()
})

test('will not break the quorum: with one member down no other one is restarted', async () => {
  await project.write('cluster.yaml', spec({ heartbeat: 200 }))
  await lab.run('infra1', 'systemctl stop etcd.service')
  const before = await starts()
  const applied = await project.converge(['--yes', '--limit', 'infra0'])
  assert.is(applied.exitCode, 1, told(applied))
  assert.match(applied.stdout, /infra1 of etcd is not healthy: .*; at most 1 may be down at once/)
  assert.equal(await starts(), before)
  const fixed = await project.converge(['--yes'])
  assert.is(fixed.exitCode, 0, told(fixed))
  assert.is(await healthyMembers(), 3)
  const down = (await Promise.all(names.map(lastDown))).toSorted((a, b) => a.from - b.from)
  assert.is(down[0]?.host, 'infra1')
  for (const [index, { host, from }] of down.entries()) {
    const earlier = down[index - 1]
    assert.ok(
      earlier === undefined || earlier.to <= from,
      `${host} went down before ${earlier?.host} was back`,
    )
  }
  await isConverged()
})

test('works through sudo, with a password and without', async () => {
  await project.write('cluster.yaml', spec({ heartbeat: 200, user: 'admin', extra: motd('by admin') }))
  const asAdmin = await project.converge(['--yes'])
  assert.is(asAdmin.exitCode, 0, told(asAdmin))
  assert.is(
    (await lab.run('infra0', 'stat -c "%U:%G %a" /etc/motd; cat /etc/motd')).stdout,
    'root:root 644\nby admin\n',
  )
  await isConverged()

  await project.write('cluster.yaml', spec({ heartbeat: 200, user: 'operator', extra: motd('by operator') }))
  const without = await project.converge(['--yes'])
  assert.is(without.exitCode, 1, told(without))
  assert.match(without.stdout + without.stderr, /sudo/)
  const wrong = await project.converge(['--yes'], { CONVERGE_SUDO_PASSWORD: 'wrong' })
  assert.is(wrong.exitCode, 1, told(wrong))
  assert.match(wrong.stdout + wrong.stderr, 'sudo refused the password')
  const right = await project.converge(['--yes'], { CONVERGE_SUDO_PASSWORD: operatorPassword })
  assert.is(right.exitCode, 0, told(right))
  assert.is((await lab.run('infra2', 'cat /etc/motd')).stdout, 'by operator\n')
})

test('stops at an archive with a wrong sha256, and leaves the old one running', async () => {
  const wrong = spec({ heartbeat: 200, sha256: 'f'.repeat(64), path: 'other' })
  await project.write('cluster.yaml', wrong)
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 1, told(applied))
  assert.match(
    applied.stdout,
    `wrong sha256 of ${mirror}/${etcd.name}: got ${etcd.sha256}, expected ${'f'.repeat(64)}`,
  )
  assert.is(await healthyMembers(), 3)
  await project.write('cluster.yaml', spec({ heartbeat: 200 }))
  const fixed = await project.converge(['--yes'])
  assert.is(fixed.exitCode, 0, told(fixed))
})

test('names a full disk, and converges the other hosts', async () => {
  const extra = `
    - file: { path: /srv/small/big, content: "${'x'.repeat(100_000)}" }`
  for (const name of ['infra0', 'infra1']) await lab.run(name, 'mkdir -p /srv/small')
  await project.write('cluster.yaml', spec({ heartbeat: 200, extra }))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 1, told(applied))
  assert.match(applied.stdout, /infra2.*failed/)
  assert.match(applied.stdout, 'No space left on device')
  assert.is((await lab.run('infra0', 'stat -c %s /srv/small/big')).stdout, '100000\n')
  assert.is((await lab.run('infra2', 'ls -A /srv/small')).stdout, '', 'nothing torn, staging cleaned up')
})

test('names a host that is down, and converges the others', async () => {
  await lab.stop('infra1')
  await project.write('cluster.yaml', spec({ heartbeat: 200, extra: motd('one is down') }))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 1, told(applied))
  assert.match(applied.stdout, /infra1.*unreachable/)
  assert.is((await lab.run('infra2', 'cat /etc/motd')).stdout, 'one is down\n')
  await lab.start('infra1')
  const fixed = await project.converge(['--yes'])
  assert.is(fixed.exitCode, 0, told(fixed))
  await isConverged()
})

test('refuses a host whose key has changed, and converges the others', async () => {
  await lab.replaceHostKey('infra1')
  await project.write('cluster.yaml', spec({ heartbeat: 200, extra: motd('key changed') }))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 1, told(applied))
  assert.match(applied.stdout, /host key/i)
  assert.match(applied.stdout, lab.knownHostsFile)
  assert.is((await lab.run('infra0', 'cat /etc/motd')).stdout, 'key changed\n')
  assert.is((await lab.run('infra1', 'cat /etc/motd')).stdout, 'one is down\n')
})

interface Variation {
  readonly heartbeat?: number
  readonly user?: string
  readonly sha256?: string
  readonly path?: string
  /** Further resources, as lines of YAML. */
  readonly extra?: string
}

function spec({ heartbeat = 100, user = 'root', sha256 = etcd.sha256, path, extra }: Variation = {}): string {
  return `cluster: lab
${labSsh(lab, user)}
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  etcd:
    version: "${path === undefined ? etcd.version : '3.4.99'}"
    sha256: ${sha256}
    url: ${mirror}/${etcd.name}
    heartbeatIntervalMs: ${heartbeat}
roles:
  member:
    recipes: [etcd]
${extra === undefined ? '' : `    resources:${extra}\n`}hosts:
${lab.hosts.map(({ name, address }) => `  ${name}: { address: ${address}, roles: [member] }`).join('\n')}
`
}

function motd(text: string): string {
  return `
    - file: { path: /etc/motd, content: "${text}\\n" }`
}

async function isConverged(): Promise<void> {
  const plan = await project.converge(['--dry-run', '--exit-code'], {
    CONVERGE_SUDO_PASSWORD: operatorPassword,
  })
  assert.is(plan.exitCode, 0, told(plan))
  assert.match(plan.stdout, '3 unchanged')
}

async function healthyMembers(): Promise<number> {
  const endpoints = lab.hosts.map(({ address }) => `http://${address}:2379`).join(',')
  const { stdout, stderr } = await lab.run(
    'infra0',
    `ETCDCTL_API=3 /usr/local/bin/etcdctl --endpoints=${endpoints} endpoint health`,
  )
  return (stdout + stderr).match(/is healthy/g)?.length ?? 0
}

/** How often etcd has been started on each host. */
async function starts(): Promise<readonly number[]> {
  return Promise.all(
    names.map(async (name) => {
      const { stdout } = await lab.run(
        name,
        'journalctl -u etcd.service -o cat | grep -c "^Started etcd.service"',
      )
      return Number(stdout)
    }),
  )
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}

test.run()

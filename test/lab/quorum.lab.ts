import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('members that systemd takes down along with other units')
const names = ['node0', 'node1', 'node2'] as const

let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: names })
  project = await createProject(spec({ base: 4001, memory: 100 }))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, applied.stdout)
})
test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('a restart that systemd passes on to a member goes through its group host by host', async () => {
  const before = await starts()
  await project.write('cluster.yaml', spec({ base: 4002, memory: 100 }))
  const plan = JSON.parse((await project.converge(['--dry-run', '--json'])).stdout)
  assert.equal(
    plan.waves.map((wave: { hosts: string[] }) => wave.hosts),
    [['node0'], ['node1'], ['node2']],
  )
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, applied.stdout)
  assert.match(applied.stdout, 'restarts member.service as well')
  const [first = '', second = '', third = ''] = await starts()
  assert.ok(
    Math.max(...before.map(Number)) < Number(first) && first < second && second < third,
    `${first} ${second} ${third}`,
  )
  assert.match((await project.converge(['--dry-run'])).stdout, '3 unchanged')
})

test('a slice takes new limits without a restart of what is in it', async () => {
  const before = await starts()
  await project.write('cluster.yaml', spec({ base: 4002, memory: 120 }))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, applied.stdout)
  assert.equal(await starts(), before)
  const { stdout } = await lab.run(
    'node0',
    'cat /sys/fs/cgroup/quorum.slice/memory.max; systemctl show -P MemoryMax quorum.slice',
  )
  assert.match(stdout, String(120 * 1024 * 1024))
  assert.match((await project.converge(['--dry-run'])).stdout, '3 unchanged')
})

test('a member that is ill and stays so keeps the others up, and its probe and its journal are shown', async () => {
  const before = await starts()
  await project.write('cluster.yaml', spec({ base: 4003, memory: 120 }))
  await lab.run('node2', 'touch /run/ill')
  while (!(await lab.run('node2', 'journalctl -u member.service')).stdout.includes('no space left')) {}
  const begun = Date.now()
  const applied = await project.converge(['--yes', '--json'])
  assert.is(applied.exitCode, 1, applied.stdout)
  assert.ok(Date.now() - begun >= 10_000, 'it is asked for as long as it may take to become healthy')
  const { hosts } = JSON.parse(applied.stdout)
  assert.equal(
    hosts.map((host: { status: string }) => host.status),
    names.map(() => 'not-started'),
  )
  const [{ reason, said }] = hosts
  assert.is(reason, 'node2 of q is not healthy: cannot reach its disk; at most 1 may be down at once')
  assert.is(said.line, 'node2: sh: no space left on device')
  assert.match(said.output, 'Active: active (running)')
  const told = await project.converge(['--yes'])
  assert.match(told.stdout, '  output: node2: sh: no space left on device')
  assert.equal(await starts(), before)
})

test('a member that becomes healthy while its gate is asked lets the others go on', async () => {
  const running = project.converge(['--yes'])
  const cured = lab.run('node2', 'sleep 4; rm /run/ill')
  const [applied] = await Promise.all([running, cured])
  assert.is(applied.exitCode, 0, applied.stdout)
  assert.match(applied.stderr, 'waiting until node2 of q is healthy, at most 10 seconds')
})

test('a member that does not become healthy on its host fails with what its probe and its journal say', async () => {
  await project.write('cluster.yaml', spec({ base: 4004, memory: 120 }))
  await lab.run('node0', 'touch /run/ill')
  const { exitCode, stdout } = await project.converge(['--yes', '--json'])
  assert.is(exitCode, 1, stdout)
  const [{ error, failed }, ...others] = JSON.parse(stdout).hosts
  assert.is(failed.operation.op, 'await')
  assert.match(error.stderr, 'cannot reach its disk')
  assert.match(error.stderr, 'no space left on device', error.stderr)
  assert.equal(
    others.map((host: { reason: string }) => host.reason),
    Array(2).fill('node0 did not succeed in an earlier wave'),
  )
})

/** When each member was last started, by the clock that all hosts of the lab share. */
async function starts(): Promise<readonly string[]> {
  const show = 'systemctl show -P ActiveEnterTimestampMonotonic member.service'
  return Promise.all(names.map(async (name) => (await lab.run(name, show)).stdout.trim()))
}

function spec({ base, memory }: { readonly base: number; readonly memory: number }): string {
  return `cluster: quorum
${labSsh(lab, 'root')}
roles:
  member:
    resources:
      - unit: { name: quorum.slice, content: { Slice: { MemoryMax: ${memory}M } } }
      - unit: { name: base.service, content: { Service: { ExecStart: /usr/bin/sleep ${base} } }, started: true }
      - unit:
          name: member.service
          content:
            Unit: { Requires: base.service, After: base.service }
            Service:
              ExecStart: /bin/sh -c 'until [ -e /run/ill ]; do sleep 0.2; done; while echo no space left on device; do sleep 1; done'
              Slice: quorum.slice
          started: true
          disruption: { group: q, maxUnavailable: 1, healthy: "[ ! -e /run/ill ] || { echo cannot reach its disk; exit 1; }", healthyTimeoutSeconds: 10 }
hosts:
${names.map((name) => `  ${name}: { address: ${lab.address(name)}, roles: [member] }`).join('\n')}
`
}

test.run()

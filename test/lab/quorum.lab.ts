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
            Service: { ExecStart: /usr/bin/sleep infinity, Slice: quorum.slice }
          started: true
          disruption: { group: q, maxUnavailable: 1, healthy: systemctl is-active -q member, healthyTimeoutSeconds: 10 }
hosts:
${names.map((name) => `  ${name}: { address: ${lab.address(name)}, roles: [member] }`).join('\n')}
`
}

test.run()

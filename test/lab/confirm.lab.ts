import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('confirmed apply on a real host')
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: ['edge0'], packages: ['nftables'] })
  project = await createProject(spec('accept', 'one'))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('is confirmed over a new connection and stays', async () => {
  const applied = await project.converge(['--yes', '--confirm-within', '60s'])
  assert.is(applied.exitCode, 0, applied.stdout + applied.stderr)
  const timers = await lab.run('edge0', 'systemctl list-timers --all --no-legend "converge-revert-*"')
  assert.is(timers.stdout, '')
  assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'one\n')
})

test('heals itself when a firewall rule cuts ssh', async () => {
  await project.write('cluster.yaml', spec('drop', 'two'))
  const applied = await project.converge(['--yes', '--confirm-within', '8s'])
  assert.is(applied.exitCode, 1, applied.stdout + applied.stderr)
  assert.match(applied.stdout, 'no new connection confirmed the apply in time')
  await backAgain()
  assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'one\n')
  assert.match((await lab.run('edge0', 'nft list ruleset')).stdout, 'tcp dport 22 accept')

  const held = await project.converge(['--dry-run'])
  assert.is(held.exitCode, 0, held.stdout + held.stderr)
  assert.match(held.stdout, 'held after a rollback')
  await project.write('cluster.yaml', spec('accept', 'three'))
  const fixed = await project.converge(['--yes'])
  assert.is(fixed.exitCode, 0, fixed.stdout + fixed.stderr)
})

test('is not confirmed once it is being undone: an apply that takes longer than there is time', async () => {
  const slow = '      - command: { name: slow, command: sleep 5, creates: /run/slow }\n'
  await project.write('cluster.yaml', `${spec('accept', 'four')}${slow}`)
  const applied = await project.converge(['--yes', '--confirm-within', '2s'])
  assert.is(applied.exitCode, 1, applied.stdout + applied.stderr)
  assert.match(applied.stdout, 'no new connection confirmed the apply in time')
  await backAgain()
  assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'three\n')
})

test('undoes an apply that failed halfway', async () => {
  const failing =
    '- command: { name: bad, command: exit 3, creates: /run/bad }\n      - file: { path: /etc/nftables'
  const text = spec('drop', 'five').replace('- file: { path: /etc/nftables', failing)
  assert.match(text, 'exit 3')
  await project.write('cluster.yaml', text)
  const applied = await project.converge(['--yes', '--confirm-within', '2s'])
  assert.is(applied.exitCode, 1, applied.stdout + applied.stderr)
  assert.match(applied.stdout, 'The host rolls itself back 2 s after the apply began.')
  await backAgain()
  assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'three\n')
})

for (const how of ['a reboot', 'a power cut'] as const) {
  test(`heals itself when it cannot be reached any more after ${how}`, async () => {
    await project.write('cluster.yaml', spec('drop', how))
    const applying = project.converge(['--yes', '--confirm-within', '20s'])
    while ((await lab.run('edge0', 'nft list ruleset')).stdout.includes('dport 22 drop') === false) {}
    if (how === 'a reboot') {
      await lab.stop('edge0')
    } else {
      await lab.cutPower('edge0')
    }
    const booted = lab.start('edge0')
    const applied = await applying
    assert.is(applied.exitCode, 1, applied.stdout + applied.stderr)
    await booted
    assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'three\n')
    assert.match((await lab.run('edge0', 'nft list ruleset')).stdout, 'tcp dport 22 accept')
    assert.is((await lab.run('edge0', 'ls -R /etc/systemd/system | grep boot-revert')).stdout, '')
  })
}

test('is confirmed after the reboot that it brings', async () => {
  await project.write(
    'cluster.yaml',
    spec('accept', 'six').replace('arch: amd64', 'arch: amd64, reboot: { when: required }'),
  )
  await lab.run('edge0', 'touch /run/reboot-required')
  const applied = await project.converge(['--yes', '--confirm-within', '60s'])
  assert.is(applied.exitCode, 0, applied.stdout + applied.stderr)
  assert.match(applied.stdout, '1 changed')
  assert.is((await lab.run('edge0', 'ls -R /etc/systemd/system | grep boot-revert')).stdout, '')
  const timers = await lab.run('edge0', 'systemctl list-timers --all --no-legend "converge-*"')
  assert.is(timers.stdout, '')
  assert.is((await lab.run('edge0', 'cat /etc/motd')).stdout, 'six\n')
})

async function backAgain(): Promise<void> {
  await lab.run(
    'edge0',
    'until ! systemctl is-active --quiet "converge-revert-*"; do sleep 0.2; done',
    60_000,
  )
}

function spec(verdict: 'accept' | 'drop', motd: string): string {
  const rules = `flush ruleset\\ntable inet filter { chain input { type filter hook input priority 0; tcp dport 22 ${verdict}; }; }\\n`
  return `cluster: edge
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
hosts:
  edge0:
    address: ${lab.address('edge0')}
    resources:
      - file: { path: /etc/motd, content: "${motd}\\n" }
      - file: { path: /etc/nftables.conf, content: "${rules}", validate: "nft -c -f {}" }
      - unit: { name: nftables.service, enabled: true, started: true, restartOn: ["file[/etc/nftables.conf]"] }
`
}

test.run()

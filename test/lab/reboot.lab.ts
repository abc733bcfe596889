import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { run } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('reboots of the members of a group')
const names = ['node0', 'node1', 'node2'] as const
const cli = resolve('dist/cli.js')

let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: names })
  project = await createProject(spec('one'))
  const applied = await project.converge(['--yes'])
  assert.is(applied.exitCode, 0, applied.stdout)
})
test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('one member after the other reboots, when all else is done, and never is more than one down', async () => {
  for (const name of names) await needReboot(name)
  await project.write('cluster.yaml', spec('two'))
  const plan = await project.converge(['--dry-run'])
  assert.match(plan.stdout, 'will reboot: /run/reboot-required exists (linux-image-6.1.0-25-amd64)')
  assert.match(plan.stdout, 'wave 3 of 3: node2')
  const before = await boots()
  const watch = observe()
  const applied = await converge('--yes')
  const most = await watch.end()
  assert.is(applied.exitCode, 0, applied.stdout + applied.stderr)
  const after = await boots()
  assert.ok(
    after.every((boot, index) => boot !== before[index]),
    `${before} ${after}`,
  )
  assert.is(most.down, 1, `${most.samples} samples`)
  for (const name of names) {
    const { stdout } = await lab.run(name, 'cat /etc/app.conf /var/lib/told')
    assert.is(stdout, 'two\ntold\n', 'what the run changed and earned is there after the reboot, once')
  }
  assert.is((await project.converge(['--dry-run', '--exit-code'])).exitCode, 0)
})

test('outside its window a reboot is pending, and nothing is to do', async () => {
  await needReboot('node0')
  const hour = new Date().getUTCHours()
  const at = (hours: number) => `${String((hour + hours) % 24).padStart(2, '0')}:00`
  const window = `${at(5)}-${at(6)}`
  await project.write('cluster.yaml', spec('two', `, window: "${window}"`))
  const plan = await project.converge(['--dry-run', '--exit-code'])
  assert.is(plan.exitCode, 0, plan.stdout)
  assert.match(
    (await project.converge(['--dry-run', '--verbose'])).stdout,
    `reboot pending: window ${window} UTC`,
  )
  await project.write('cluster.yaml', spec('two'))
})

test('a member that does not come back healthy stops the others, which stay up', async () => {
  for (const name of names) await needReboot(name)
  await lab.run('node0', 'touch /run/well /var/lib/ill')
  const before = await boots()
  const applied = await converge('--yes', '--json')
  assert.is(applied.exitCode, 1, applied.stdout)
  const [first, ...others] = JSON.parse(applied.stdout).hosts
  assert.is(first.error.code, 'reboot-failed')
  assert.is(first.error.message, 'member.service is not healthy after the reboot: cannot reach its disk')
  assert.match(first.error.stderr, 'Active: active (running)')
  assert.equal(
    others.map(({ reason }: { reason: string }) => reason),
    Array(2).fill('node0 did not succeed in an earlier wave'),
  )
  assert.equal((await boots()).slice(1), before.slice(1))
})

test('after a controller that was killed meanwhile the next plan, a sealed one, goes on with the others', async () => {
  await lab.run('node0', 'rm /var/lib/ill')
  const before = await boots()
  const child = spawn(process.execPath, [cli, '--yes'], { cwd: project.directory, stdio: 'ignore' })
  const exited = once(child, 'exit')
  while ((await bootOf('node1')) === before[1]) await delay(50)
  child.kill('SIGKILL')
  await exited
  while ((await printed('node1', 'systemctl is-active ssh')) !== 'active') await delay(50)
  const sealed = await project.converge(['plan', '--out', 'p.json'])
  assert.is(sealed.exitCode, 0, sealed.stdout + sealed.stderr)
  const applied = await converge('apply', 'p.json', '--yes')
  assert.is(applied.exitCode, 0, applied.stdout + applied.stderr)
  const after = await boots()
  assert.ok(after[1] !== before[1] && after[2] !== before[2])
  assert.is((await project.converge(['--dry-run', '--exit-code'])).exitCode, 0)
})

function converge(...words: readonly string[]) {
  return run(process.execPath, [cli, ...words], {
    cwd: project.directory,
    env: { ...process.env, NO_COLOR: '1' },
    timeoutMs: 400_000,
  })
}

async function needReboot(name: string): Promise<void> {
  const package_ = 'linux-image-6.1.0-25-amd64'
  await lab.run(name, `touch /run/reboot-required; echo ${package_} >/run/reboot-required.pkgs`)
}

/** What a line of shell prints; nothing on a host that is down. */
async function printed(name: string, command: string): Promise<string> {
  try {
    return (await lab.run(name, command, 5_000)).stdout.trim()
  } catch {
    return ''
  }
}

const bootOf = (name: string) => printed(name, 'cat /proc/sys/kernel/random/boot_id')
const boots = () => Promise.all(names.map(bootOf))

/** Asks all members again and again whether they are up. */
function observe() {
  const most = { down: 0, samples: 0 }
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const states = await Promise.all(names.map((name) => printed(name, 'systemctl is-active member')))
      most.down = Math.max(most.down, states.filter((state) => state !== 'active').length)
      most.samples += 1
    }
  })()
  return {
    end: async () => {
      isOver = true
      await watching
      return most
    },
  }
}

function spec(content: string, more = ''): string {
  const healthy = '[ ! -e /var/lib/ill ] || [ -e /run/well ] || { echo cannot reach its disk; exit 1; }'
  return `cluster: reboots
${labSsh(lab, 'root')}
roles:
  member:
    platform: { reboot: { when: required${more} } }
    resources:
      - file: { path: /etc/app.conf, content: "${content}\\n", notifies: [{ resource: "command[told]", action: run }] }
      - command: { name: told, command: "grep -q one /etc/app.conf || echo told >>/var/lib/told" }
      - unit:
          name: member.service
          content: { Service: { ExecStart: /usr/bin/sleep infinity }, Install: { WantedBy: multi-user.target } }
          enabled: true
          started: true
          disruption: { group: q, maxUnavailable: 1, healthy: "${healthy}; systemctl is-active -q member", healthyTimeoutSeconds: 20 }
hosts:
${names.map((name) => `  ${name}: { address: ${lab.address(name)}, roles: [member] }`).join('\n')}
`
}

test.run()

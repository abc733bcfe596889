import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('the recipes base and firewall on real hosts')
const members = ['a', 'b'] as const
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({
    hosts: ['a', 'b', 'new', 'outside'],
    packages: ['netcat-openbsd'],
    smallDisks: { outside: [{ path: '/srv/small', sizeBytes: 64 * 2 ** 20 }] },
  })
  project = await createProject(spec(members))
  await project.write('member.js', recipe)
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('a firewall lets in what a recipe offers, from whom it says', async () => {
  await converges()
  assert.is(await reaches('a', 'b'), true)
  assert.is(await reaches('b', 'a'), true)
  assert.is(await reaches('outside', 'a'), false)
  assert.is(await reaches('new', 'a'), false)
  // What nothing offers is dropped, not refused.
  await output('b', 'systemd-run --quiet nc -lk 9999')
  assert.is(await reaches('a', 'b', 9999), false)
})

test('a new host opens on all others in the same run, and nobody is cut off meanwhile', async () => {
  await project.write('cluster.yaml', spec([...members, 'new']))
  // One connection that is open during the run, and a new one every few milliseconds.
  await output(
    'a',
    `systemd-run --quiet --unit=asking sh -c '
      while :; do if nc -z -w 2 ${lab.address('b')} 2379; then echo yes; else echo no; fi >>/run/asked; sleep 0.02; done'
     systemd-run --quiet --unit=open sh -c '(while sleep 0.1; do echo line; done) | nc -N ${lab.address('b')} 22 >/run/open'`,
  )
  await converges()
  assert.is(await output('a', 'systemctl is-active open.service'), 'active\n')
  const asked = await output('a', 'systemctl stop asking.service open.service; sort /run/asked | uniq -c')
  assert.match(asked, /^ *\d{2,} yes\n$/)
  for (const member of members) {
    assert.is(await reaches('new', member), true)
    assert.is(await reaches(member, 'new'), true)
  }
  assert.is(await reaches('outside', 'new'), false)
})

test('what the firewall had dropped is let in when it leaves', async () => {
  await project.write('cluster.yaml', spec(members, '[base, member]'))
  await converges()
  assert.is(await reaches('outside', 'a'), true)
  assert.is(await output('a', 'nft list tables'), '')
})

test('base: names, time zone, parameters, a proxy and limits are in force', async () => {
  assert.is(await output('a', "getent ahostsv4 b | awk '{ print $1; exit }'"), `${lab.address('b')}\n`)
  assert.is(await output('a', 'date +%Z; cat /proc/sys/net/ipv4/ip_forward'), 'CET\n1\n')
  const journal = await output('a', 'systemd-analyze cat-config systemd/journald.conf')
  assert.match(journal, 'SystemMaxUse=64M')
  const unit = 'systemd-run --quiet --wait --pipe sh -c'
  assert.is(
    await output('a', `${unit} 'echo "$https_proxy $no_proxy"'`),
    `http://proxy.example.com:3128 localhost,127.0.0.1,::1,a,${lab.address('a')},b,${lab.address('b')}\n`,
  )
  assert.match(await output('a', 'apt-config dump Acquire::https::Proxy'), 'http://proxy.example.com:3128')
})

test('a swap file that would fill its disk is refused there, and leaves nothing behind', async () => {
  await project.write('cluster.yaml', swapSpec())
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 1)
  assert.match(stdout + stderr, /60 MB of \d+ MB that are free would leave less than a tenth/)
  assert.is(await output('outside', 'find /srv/small -type f'), '')
})

/** Applies the spec, after which nothing is left to do. */
async function converges(): Promise<void> {
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

async function reaches(from: string, to: string, port = 2379): Promise<boolean> {
  const { exitCode } = await lab.run(from, `nc -z -w 2 ${lab.address(to)} ${port}`)
  return exitCode === 0
}

async function output(host: string, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(host, command)
  assert.is(exitCode, 0, stdout + stderr)
  return stdout
}

const recipe = `import { defineRecipe, unit } from 'converge'

export default defineRecipe({
  name: 'member',
  attributes: {},
  offers: { ports: () => [{ port: 2379, from: 'recipe:member' }] },
  resources: () => [
    unit({
      name: 'member.service',
      content: { Service: { ExecStart: '/usr/bin/nc -lk 2379' }, Install: { WantedBy: 'multi-user.target' } },
      enabled: true,
      started: true,
    }),
  ],
})
`

const swapSpec = () => `cluster: recipes
${labSsh(lab, 'root')}
hosts:
  outside:
    address: ${lab.address('outside')}
    resources:
      - swapFile: { path: /srv/small/swap, sizeMb: 60 }
`

function spec(hosts: readonly string[], recipes = '[base, member, firewall]'): string {
  const listed = hosts.map((name) => `  ${name}: { address: ${lab.address(name)}, recipes: ${recipes} }\n`)
  return `cluster: recipes
${labSsh(lab, 'root')}
platform: { os: debian, release: "12" }
recipes: { member: ./member.js }
attributes:
  base:
    timezone: Europe/Berlin
    sysctl: { net.ipv4.ip_forward: 1 }
    # systemd-timesyncd does not start in containers.
    timeService: none
    httpProxy: http://proxy.example.com:3128
    journalMaxMb: 64
hosts:
${listed.join('')}`
}

test.run()

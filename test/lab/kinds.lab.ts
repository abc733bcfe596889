import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { mustRun } from './harness/command.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { type Lab, startLab } from './harness/lab.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('kinds made of others on a real host')
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: ['node0'], packages: ['git'] })
  project = await createProject(spec([]))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('is in force after one run, differs after a change by hand, and leaves', async () => {
  await converges([
    'sysctl: { name: 90-lab, settings: { net.ipv4.ip_forward: 1, net.ipv4.ip_local_port_range: "2000 60000" } }',
    'hostname: { name: lab0.example.com }',
    'timezone: { name: Asia/Tokyo }',
    'sudoers: { name: kinds, content: "nobody ALL=(root) NOPASSWD: /usr/bin/true" }',
    'tmpfiles: { name: lab, content: "d /run/lab 0711 root root" }',
    'mount: { path: /srv/scratch, device: tmpfs, options: "size=8M" }',
    'timer: { name: tick, schedule: "*:*:0/2", command: "echo 100% >/run/ticked" }',
  ])
  assert.is(
    await output('cat /proc/sys/net/ipv4/ip_forward; hostname; date +%Z'),
    '1\nlab0.example.com\nJST\n',
  )
  assert.is(await output('stat -c %a /run/lab; findmnt -no FSTYPE /srv/scratch'), '711\ntmpfs\n')
  assert.match(await output('sudo -l -U nobody'), '/usr/bin/true')
  assert.is(await output('until [ -s /run/ticked ]; do sleep 0.2; done; cat /run/ticked'), '100%\n')
  await output('echo 0 >/proc/sys/net/ipv4/ip_forward; hostname other')
  const drift = await project.converge(['--dry-run'])
  assert.match(drift.stdout, 'command[load /etc/sysctl.d/90-lab.conf]')
  assert.match(drift.stdout, 'command[set the hostname lab0.example.com]')
  await converges(['timer: { name: tick, absent: true }'])
  assert.is(
    await output('ls /etc/sysctl.d/90-lab.conf /etc/sudoers.d/kinds 2>/dev/null; findmnt /srv/scratch; :'),
    '',
  )
  assert.is(await output('systemctl is-active tick.timer || :'), 'inactive\n')
})

test('a file is downloaded once, and what was there before comes back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'converge-lab-files-'))
  try {
    const tool = '#!/bin/sh\necho downloaded\n'
    await writeFile(join(folder, 'tool'), tool)
    const url = await lab.serve(folder)
    await output('echo found >/usr/local/bin/tool')
    const path = '/usr/local/bin/tool'
    await converges([
      `download: { path: ${path}, url: "${url}/tool", sha256: ${hash('sha256', tool)}, mode: "0755" }`,
    ])
    assert.is(await output('tool'), 'downloaded\n')
    await converges([])
    assert.is(await output(`cat ${path}`), 'found\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a commit is checked out for its owner, what is edited comes back, and it leaves', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'converge-lab-git-'))
  try {
    await writeFile(join(folder, 'app'), 'one\n')
    await mustRun(
      'sh',
      [
        '-c',
        'git init -q && git add app && git -c user.name=x -c user.email=x@example.com commit -q -m x && git update-server-info',
      ],
      { cwd: folder },
    )
    const commit = (await mustRun('git', ['rev-parse', 'HEAD'], { cwd: folder })).trim()
    const url = `${await lab.serve(folder)}/.git`
    const resources = [
      `gitCheckout: { path: /srv/app, url: "${url}", commit: ${commit}, owner: daemon, group: daemon }`,
    ]
    await converges(resources)
    assert.is(await output('cat /srv/app/app; stat -c %U /srv/app /srv/app/app'), 'one\ndaemon\ndaemon\n')
    const asOwner = 'setpriv --reuid daemon --regid daemon --clear-groups git -C /srv/app'
    assert.is(await output(`${asOwner} status --porcelain; ${asOwner} rev-parse HEAD`), `${commit}\n`)
    await output('echo by hand >/srv/app/app; echo x >/srv/app/upload')
    const drift = await project.converge(['--dry-run'])
    assert.match(drift.stdout, 'differs from the commit (app) and will be checked out again')
    await converges(resources)
    assert.is(await output('cat /srv/app/app; ls /srv/app'), 'one\napp\n')
    await converges([])
    assert.is(await output('ls -d /srv/app 2>/dev/null; :'), '')
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** Applies a spec of these resources, after which nothing is left to do. */
async function converges(resources: readonly string[]): Promise<void> {
  await project.write('cluster.yaml', spec(resources))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

async function output(command: string): Promise<string> {
  return (await lab.run('node0', command)).stdout
}

function spec(resources: readonly string[]): string {
  const listed = resources.map((one) => `      - ${one}\n`).join('')
  return `cluster: kinds
${labSsh(lab, 'root')}
hosts:
  node0:
    address: ${lab.address('node0')}
${listed === '' ? '' : `    resources:\n${listed}`}`
}

test.run()

import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { knownHostsLine } from '../../src/lab/tree.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('an image has what hosts have in common, and nobody is in it')
const peerAddress = '198.51.100.77'
const secret = 'canarysecret'
let lab: Lab
let project: Project
let tool: { readonly url: string; readonly sha256: string }
let machineId: string

test.before(async () => {
  lab = await startLab({ hosts: ['builder'], packages: ['cron'] })
  project = await createProject('')
  await mkdir(join(project.directory, 'served'))
  await writeFile(join(project.directory, 'served/tool'), '#!/bin/sh\nexec sleep infinity\n')
  const sha256 = createHash('sha256').update('#!/bin/sh\nexec sleep infinity\n').digest('hex')
  tool = { url: `${await lab.serve(join(project.directory, 'served'))}/tool`, sha256 }
  await project.write('cluster.yaml', spec())
  machineId = (await output('cat /etc/machine-id')).trim()
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('the script and the template name nothing that is one host alone, and no secret', async () => {
  const { exitCode, stdout, stderr } = await project.converge(['image', 'canaryhost', '-o', 'image'])
  assert.is(exitCode, 0, stdout + stderr)
  assert.match(stdout, /left to each host:\n.*file\[\/etc\/own\]/s)
  const files = ['canaryhost.image.sh', 'canaryhost.pkr.hcl']
  for (const file of files) {
    const text = await readFile(join(project.directory, 'image', file), 'utf8')
    for (const canary of [secret, 'canarypeer', peerAddress, lab.address('builder'), 'canaryzone'])
      assert.not.match(text, canary)
  }
})

test('Packer makes a machine of it on which nothing runs, is enabled or tells who it is', async () => {
  const variables = Object.entries({
    host: lab.address('builder'),
    user: 'admin',
    private_key_file: lab.identityFile,
  }).flatMap(([name, value]) => ['-var', `${name}=${value}`])
  await mustRun('packer', ['build', ...variables, 'image/canaryhost.pkr.hcl'], { cwd: project.directory })
  assert.is(await output('cat /etc/common'), 'the same on all\n')
  assert.is(await output('/usr/local/bin/tool & kill $!; id -u app'), '4101\n')
  const states = 'systemctl is-active own.service; systemctl is-enabled own.service cron.service'
  assert.is((await lab.run('builder', states)).stdout, 'inactive\ndisabled\ndisabled\n')
  const canaries = [secret, 'canaryhost', 'canarypeer', peerAddress, 'canaryzone', machineId]
  const words = canaries.map((canary) => `-e ${canary}`).join(' ')
  const search = `grep -rlaF ${words} --exclude-dir=proc --exclude-dir=sys --exclude-dir=run / 2>/dev/null || :`
  await output(`echo ${machineId} >/var/lib/planted`)
  assert.is(await output(search), '/var/lib/planted\n')
  assert.is((await lab.run('builder', 'ls /etc/ssh/ssh_host_* 2>/dev/null; cat /etc/machine-id')).stdout, '')
})

test('a host that is made of it has keys of its own, is given the rest, and has nothing to do then', async () => {
  await lab.stop('builder')
  await lab.start('builder')
  const now = (await output('cat /etc/machine-id')).trim()
  assert.match(now, /^[0-9a-f]{32}$/)
  assert.is.not(now, machineId)
  await writeFile(lab.knownHostsFile, await knownHostsLine(lab.path('builder', '/'), lab.address('builder')))
  const plan = await project.converge(['--dry-run', '--json', '--limit', 'canaryhost'])
  assert.is(plan.exitCode, 0, plan.stdout + plan.stderr)
  assert.not.match(plan.stdout, '/etc/common')
  await converges()
  assert.is(
    await output('systemctl is-active own.service cron.service; cat /etc/own'),
    'active\nactive\ncanaryhost canaryzone canarypeer\n',
  )
})

test('what was in the image goes when it leaves the spec', async () => {
  await project.write('cluster.yaml', spec().replace(/.*\/etc\/common.*\n/, ''))
  await converges()
  assert.is(
    await output('ls /etc/common 2>&1 || :'),
    "ls: cannot access '/etc/common': No such file or directory\n",
  )
})

test('the tree of an image is made offline, too', async () => {
  const tree = join(project.directory, 'tree')
  await mustRun('cp', ['-a', `${lab.path('builder', '/')}/.`, tree])
  await mustRun('rm', ['-rf', `${tree}/var/lib/converge`, `${tree}/etc/common`, `${tree}/etc/own`])
  await mustRun('sh', ['image/canaryhost.image.sh'], {
    cwd: project.directory,
    env: { ...process.env, CONVERGE_ROOT: tree },
  })
  assert.is(await readFile(join(tree, 'etc/common'), 'utf8'), 'the same on all\n')
})

/** Applies the spec, after which nothing is left to do. */
async function converges(): Promise<void> {
  const only = ['--limit', 'canaryhost']
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune', ...only])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code', ...only])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

async function output(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run('builder', command)
  assert.is(exitCode, 0, stdout + stderr)
  return stdout
}

function spec(): string {
  return `cluster: images
${labSsh(lab, 'root')}
platform: { os: debian, release: "12" }
hosts:
  canarypeer: { address: ${peerAddress} }
  canaryhost:
    address: ${lab.address('builder')}
    labels: { zone: canaryzone }
    resources:
      - file: { path: /etc/common, content: "the same on all\\n" }
      - user: { name: app, uid: 4101 }
      - download: { path: /usr/local/bin/tool, url: "${tool.url}", sha256: ${tool.sha256}, mode: "0755" }
      - unit:
          name: own.service
          content: { Service: { ExecStart: /usr/local/bin/tool }, Install: { WantedBy: multi-user.target } }
          enabled: true
          started: true
      - unit: { name: cron.service, enabled: true, started: true }
      - file: { path: /etc/own, content: "{{host.name}} {{host.labels.zone}} canarypeer\\n" }
      - file: { path: /etc/key, content: ${secret}, sensitive: true, mode: "0600" }
`
}

test.run()

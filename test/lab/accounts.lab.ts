import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { operatorPassword } from '../../src/lab/base-tree.ts'
import { mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite("accounts with the system's own tools")
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: ['node0'] })
  project = await createProject(spec(''))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

const user = 'user: { name: svc, group: svc, prune: true }'
const group = 'group: { name: svc, prune: true }'
const numberOfGroup = async () => (await lab.run('node0', 'getent group svc | cut -d: -f3')).stdout

test('a user that leaves does not take along the declared group of its name, which keeps its number', async () => {
  await converges(`${group}\n      - ${user}`)
  const number = await numberOfGroup()
  assert.match(number, /^\d+\n$/)
  await converges(group)
  assert.is(await numberOfGroup(), number)
  assert.is((await lab.run('node0', 'getent passwd svc')).exitCode, 2)
})

test('a user and its group leave together, and a rollback brings them back with their numbers', async () => {
  await converges(`${group}\n      - ${user}`)
  const numbers = (await lab.run('node0', 'id svc')).stdout
  await converges('file: { path: /etc/accounts, content: x }')
  assert.is(await numberOfGroup(), '')
  const back = await project.converge(['rollback', '--yes'])
  assert.is(back.exitCode, 0, back.stdout + back.stderr)
  assert.is((await lab.run('node0', 'id svc')).stdout, numbers)
})

test('is reached via openssh by certificates on both sides, with a sudo password, also after the connection was cut', async () => {
  const at = (name: string): string => join(project.directory, name)
  for (const name of ['ca', 'key'])
    await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name)])
  await mustRun('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'ann', '-n', 'operator', at('key.pub')])
  await lab.run('node0', 'cp /etc/ssh/ssh_host_ed25519_key.pub /root/host.pub')
  const address = lab.address('node0')
  await mustRun('ssh-keygen', [
    '-q',
    '-h',
    '-s',
    at('ca'),
    '-I',
    'node0',
    '-n',
    address,
    lab.path('node0', '/root/host.pub'),
  ])
  const authority = await readFile(at('ca.pub'), 'utf8')
  await writeFile(at('known'), `@cert-authority ${address} ${authority}`)
  await writeFile(lab.path('node0', '/etc/ssh/ca.pub'), authority)
  await writeFile(
    lab.path('node0', '/etc/ssh/sshd_config.d/ca.conf'),
    'HostKey /etc/ssh/ssh_host_ed25519_key\nHostCertificate /root/host-cert.pub\nTrustedUserCAKeys /etc/ssh/ca.pub\n',
  )
  assert.is((await lab.run('node0', 'systemctl restart ssh')).exitCode, 0)
  const environment = { CONVERGE_SUDO_PASSWORD: operatorPassword }
  const certified = (word: string): string => `cluster: accounts
ssh: { via: openssh, user: operator, identityFile: key, knownHostsFile: known }
hosts:
  node0:
    address: ${address}
    resources:
      - file: { path: /etc/word, content: ${word}, notifies: [{ resource: "unit[told.service]", action: restart }] }
      - command: { name: cut, command: 'pkill -f "[s]shd: operator"; sleep 1; touch /run/cut', creates: /run/cut }
      - unit: { name: told.service, content: { Service: { ExecStart: /bin/sleep infinity } }, started: true }
`
  const starts = async (): Promise<string> =>
    (await lab.run('node0', 'systemctl show -P MainPID told.service')).stdout
  await project.write('cluster.yaml', certified('one'))
  const applied = await project.converge(['--yes', '--allow-prune'], environment)
  assert.is(applied.exitCode, 0, applied.stdout + applied.stderr)
  const first = await starts()
  const again = await project.converge(['--dry-run', '--exit-code'], environment)
  assert.is(again.exitCode, 0, again.stdout + again.stderr)

  await project.write('cluster.yaml', certified('two'))
  const changed = await project.converge(['--yes'], environment)
  assert.is(changed.exitCode, 0, changed.stdout + changed.stderr)
  assert.is((await lab.run('node0', 'cat /etc/word')).stdout, 'two')
  assert.is.not(await starts(), first)
  const asked = await project.converge(['exec', 'node0', '--', 'exit', '255'], environment)
  assert.match(asked.stdout + asked.stderr, '255')
  assert.not.match(await mustRun('ps', ['-eo', 'args']), 'converge-ssh-')
})

/** Applies a spec of these resources, after which nothing is left to do. */
async function converges(resources: string): Promise<void> {
  await project.write('cluster.yaml', spec(resources))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

function spec(resources: string): string {
  return `cluster: accounts
${labSsh(lab, 'root')}
hosts:
  node0:
    address: ${lab.address('node0')}
    resources:
      - ${resources === '' ? 'file: { path: /etc/accounts, content: x }' : resources}
`
}

test.run()

import * as assert from 'uvu/assert'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { type Lab, startLab } from './harness/lab.ts'
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

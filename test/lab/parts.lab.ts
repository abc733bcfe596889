import * as assert from 'uvu/assert'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { type Lab, startLab } from './harness/lab.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('parts of units on a real host')
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

test('a unit whose [Install] changes has the new links, and no old ones', async () => {
  const wb = (install: string) =>
    `unit: { name: wb.service, content: { Service: { ExecStart: /usr/bin/sleep infinity }, Install: ${install} }, enabled: true, started: true }`
  await converges(wb('{ WantedBy: multi-user.target }'))
  await converges(wb('{ WantedBy: basic.target, Alias: wb-alias.service }'))
  assert.is(
    await output("find /etc/systemd/system -name 'wb*' | sort"),
    '/etc/systemd/system/basic.target.wants/wb.service\n/etc/systemd/system/wb-alias.service\n/etc/systemd/system/wb.service\n',
  )
  const back = await project.converge(['rollback', '--yes'])
  assert.is(back.exitCode, 0, back.stdout + back.stderr)
  assert.is(
    await output("find /etc/systemd/system -name 'wb*' | sort"),
    '/etc/systemd/system/multi-user.target.wants/wb.service\n/etc/systemd/system/wb.service\n',
  )
})

test('a drop-in that leaves its unit is out of force, and a changed template restarts its instances', async () => {
  const worker = (seconds: number, dropIns: string) => `unit:
          name: worker@.service
          content: { Service: { ExecStart: /usr/bin/sleep ${seconds} } }
          dropIns: { ${dropIns} }
      - unit: { name: worker@1.service, started: true }`
  await converges(worker(1001, 'limits: { Service: { MemoryMax: 64M } }, keep: { Service: { Nice: 5 } }'))
  assert.is(await output('systemctl show -p MemoryMax worker@1'), 'MemoryMax=67108864\n')
  await converges(worker(1002, 'keep: { Service: { Nice: 5 } }'))
  assert.is(await output('systemctl show -p MemoryMax worker@1'), 'MemoryMax=infinity\n')
  assert.is(await output('pgrep -a sleep | grep -o 100.'), '1002\n')
})

test('a changed socket restarts while its service is stopped', async () => {
  const echo = (
    port: number,
  ) => `unit: { name: echo.service, content: { Service: { ExecStart: /usr/bin/sleep infinity } } }
      - unit: { name: echo.socket, content: { Socket: { ListenStream: ${port} } }, started: true }`
  await converges(echo(7001))
  await output('systemctl start echo.service')
  await converges(echo(7002))
  assert.is(await output('systemctl show -p Listen echo.socket'), 'Listen=[::]:7002 (Stream)\n')
  assert.is(await output('systemctl is-active echo.service'), 'active\n')
})

test('a linked unit without [Install] and a masked unit with a drop-in settle, a oneshot that ends is refused', async () => {
  await output(
    `mkdir -p /opt/v; printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n' >/opt/v/vendor.service; systemctl link /opt/v/vendor.service`,
  )
  await converges('unit: { name: vendor.service, enabled: true, started: true }')
  await output(`printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n' >/usr/lib/systemd/system/m.service`)
  await converges('unit: { name: m.service, dropIns: { a: { Service: { Nice: 5 } } }, masked: true }')
  await converges('unit: { name: m.service, dropIns: { a: { Service: { Nice: 5 } } }, started: true }')
  await output(
    `printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' >/usr/lib/systemd/system/tidy.service; systemctl daemon-reload`,
  )
  await project.write('cluster.yaml', spec('- unit: { name: tidy.service, started: true }'))
  const refused = await project.converge(['--yes', '--allow-prune'])
  assert.is(refused.exitCode, 1)
  assert.match(refused.stdout, 'tidy.service is a oneshot service')
})

/** Applies a spec of these resources, after which nothing is left to do. */
async function converges(resources: string): Promise<void> {
  await project.write('cluster.yaml', spec(`- ${resources}`))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

async function output(command: string): Promise<string> {
  return (await lab.run('node0', command)).stdout
}

function spec(resources: string): string {
  return `cluster: parts
${labSsh(lab, 'root')}
hosts:
  node0:
    address: ${lab.address('node0')}
    resources:
      ${resources === '' ? '- file: { path: /etc/parts, content: x }' : resources}
`
}

test.run()

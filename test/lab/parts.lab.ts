import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { quadletGenerator } from './harness/quadlet-generator.ts'
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

test('a mount that a changed fstab brings is mounted, and unmounted when it leaves', async () => {
  await converges(`block: { path: /etc/fstab, name: data, content: tmpfs /srv tmpfs size=8M }
      - unit: { name: srv.mount, started: true }`)
  assert.is(await output('findmnt --noheadings --output FSTYPE,SIZE /srv'), 'tmpfs    8M\n')
  await converges('directory: { path: /srv/none }')
  assert.is(await output('findmnt /srv || echo none'), 'none\n')
})

test("podman's generator makes a service of a Quadlet file, which restarts with it and goes with it", async () => {
  const put = async (path: string, from: string): Promise<void> => {
    await mkdir(dirname(lab.path('node0', path)), { recursive: true })
    await copyFile(from, lab.path('node0', path))
    await chmod(lab.path('node0', path), 0o755)
  }
  await put('/usr/lib/systemd/system-generators/podman-system-generator', await quadletGenerator())
  // No container runs in a container: podman itself is a stand-in that says when it is ready.
  const podman = join(project.directory, 'podman')
  await writeFile(
    podman,
    '#!/bin/sh\n[ "$1" = run ] || exit 0\nsystemd-notify --ready\nexec sleep infinity\n',
  )
  await put('/usr/bin/podman', podman)
  await mkdir(lab.path('node0', '/etc/containers/systemd'), { recursive: true })
  const web = (image: string) =>
    `quadlet: { name: web.container, content: { Container: { Image: "${image}" }, Install: { WantedBy: multi-user.target } } }`
  const shown =
    'systemctl is-active web.service; systemctl is-enabled web.service; systemctl show -P ExecStart web.service'
  await converges(web('nginx:1.26'))
  assert.match(await output(shown), /^active\ngenerated\n.*nginx:1\.26/m)
  const first = await output('systemctl show -P MainPID web.service')
  await converges(web('nginx:1.27'))
  assert.match(await output(shown), /^active\ngenerated\n.*nginx:1\.27/m)
  assert.is.not(await output('systemctl show -P MainPID web.service'), first)
  const back = await project.converge(['rollback', '--yes'])
  assert.is(back.exitCode, 0, back.stdout + back.stderr)
  assert.match(await output(shown), /^active\ngenerated\n.*nginx:1\.26/m)
  await project.converge(['--yes', '--release'])
  await converges('directory: { path: /srv/none }')
  assert.is(
    await output('systemctl show -P LoadState web.service; systemctl is-active web.service'),
    'not-found\ninactive\n',
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

test('a linked unit keeps its link when it is pruned, and a changed template enables its instances anew', async () => {
  await output(
    `mkdir -p /opt/w; printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/opt/w/linked.service; systemctl link /opt/w/linked.service`,
  )
  await converges('unit: { name: linked.service, enabled: true, started: true }')
  const w = (target: string) =>
    `unit: { name: w@.service, content: { Service: { ExecStart: /usr/bin/sleep infinity }, Install: { WantedBy: ${target} } } }
      - unit: { name: w@1.service, enabled: true }`
  await converges(w('multi-user.target'))
  assert.is(await output('readlink /etc/systemd/system/linked.service'), '/opt/w/linked.service\n')
  assert.is(await output('systemctl is-enabled linked.service || :'), 'linked\n')
  await converges(w('basic.target'))
  assert.is(
    await output("find /etc/systemd/system -name 'w@1*'"),
    '/etc/systemd/system/basic.target.wants/w@1.service\n',
  )
})

test('a rollback disables what the newer [Install] has enabled besides', async () => {
  await output(
    `printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/usr/lib/systemd/system/other.service; systemctl daemon-reload`,
  )
  const main = (also: string) =>
    `unit: { name: main.service, content: { Service: { ExecStart: /usr/bin/sleep infinity }, Install: { WantedBy: multi-user.target${also} } }, enabled: true }`
  await converges(main(''))
  await converges(main(', Also: other.service'))
  assert.is(await output('systemctl is-enabled other.service || :'), 'enabled\n')
  const back = await project.converge(['rollback', '--yes'])
  assert.is(back.exitCode, 0, back.stdout + back.stderr)
  assert.is(await output('systemctl is-enabled other.service main.service || :'), 'disabled\nenabled\n')
})

test('a changed timer has its new schedule, and its service does not run', async () => {
  const job = (hour: string) =>
    `unit: { name: job.service, content: { Service: { Type: oneshot, ExecStart: "/bin/sh -c 'echo ${hour} >>/run/job.log'" } } }
      - unit: { name: job.timer, content: { Timer: { OnCalendar: "*-*-* ${hour}:00:00" }, Install: { WantedBy: timers.target } }, enabled: true, started: true }`
  await converges(job('03'))
  await converges(job('04'))
  assert.match(await output('systemctl show -p TimersCalendar job.timer'), '04:00:00')
  assert.is(await output('ls /run/job.log 2>/dev/null || :'), '')
})

test('what lies on a mount is there after the mount changes in either way, and again after a rollback', async () => {
  const data = (options: string, type = 'tmpfs') => `directory: { path: /mnt/data, mode: "0750" }
      - unit:
          name: mnt-data.mount
          content: { Mount: { What: ${type}, Where: /mnt/data, Type: ${type}, Options: ${options} }, Install: { WantedBy: multi-user.target } }
          enabled: true
          started: true
      - unit: { name: reader.service, content: { Unit: { RequiresMountsFor: /mnt/data }, Service: { ExecStart: /usr/bin/sleep infinity } }, started: true }
      - file: { path: /mnt/data/app.conf, content: "x\\n" }`
  const seen = 'stat -c %a /mnt/data; cat /mnt/data/app.conf; findmnt -no FSTYPE,SIZE /mnt/data | tr -s " "'
  await converges(data('size=8M'))
  assert.is(await output(seen), '750\nx\ntmpfs 8M\n')
  await output('touch /mnt/data/by-hand')
  await converges(data('size=4M'))
  assert.is(await output(seen), '750\nx\ntmpfs 4M\n')
  assert.is(await output('ls /mnt/data'), 'app.conf\nby-hand\n')
  await converges(data('mode=0777', 'ramfs'))
  assert.match(await output(seen), /^750\nx\nramfs/)
  assert.is(await output('systemctl is-active reader.service; ls /mnt/data'), 'active\napp.conf\n')
  const back = await project.converge(['rollback', '--yes'])
  // What was in the memory of the old one is gone, which the rollback says.
  assert.is(back.exitCode, 1)
  assert.match(back.stdout, 'but it still differs')
  await project.write('cluster.yaml', spec(`- ${data('size=4M')}`))
  const again = await project.converge(['--yes', '--release'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
  assert.is(await output(seen), '750\nx\ntmpfs 4M\n')
})

test('a unit whose ExecStartPre fails says so with its status, and what comes after is not reached', async () => {
  const pre = `unit:
          name: pre.service
          content: { Service: { ExecStartPre: /bin/false, ExecStart: /usr/bin/sleep infinity, Restart: on-failure, RestartSec: 1 } }
          started: true`
  const forks = `unit:
          name: forks.service
          content: { Service: { Type: forking, PIDFile: /run/forks.pid, ExecStart: "/bin/sh -c 'sleep 3000 & echo $! >/run/forks.pid'" } }
          started: true`
  await project.write(
    'cluster.yaml',
    spec(`- ${pre}\n      - ${forks}\n          after: ["unit[pre.service]"]`),
  )
  const failed = await project.converge(['--yes', '--allow-prune'])
  assert.is(failed.exitCode, 1)
  assert.match(failed.stdout, 'failed change: start pre.service (unit[pre.service])')
  assert.match(failed.stdout, 'ExecStartPre=/bin/false')
  assert.match(failed.stdout, 'not reached: ')
  await converges(forks)
  assert.is(await output('systemctl is-active forks.service'), 'active\n')
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

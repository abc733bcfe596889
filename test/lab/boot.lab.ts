import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { figure } from '../figure.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { igniteTree, validateIgnition } from './harness/ignition.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('a first boot makes the same host as an apply')
/** What brings the catalog to each host. */
const carriers = {
  applied: undefined,
  cloud: 'cloud-config',
  fetched: 'cloud-config',
  coreos: 'coreos',
  ignited: 'ignition',
  scripted: 'script',
  live: 'script',
} as const
type HostName = keyof typeof carriers
const names = Object.keys(carriers) as readonly HostName[]
const booted = names.filter((name) => carriers[name] !== undefined)
let lab: Lab
let project: Project
let archive: { readonly url: string; readonly sha256: string }
let bundles: string

test.before(async () => {
  // cloud-init is in the tree of all of them, and does nothing on a host without a seed.
  lab = await startLab({ hosts: names, packages: ['cloud-init'] })
  project = await createProject('')
  bundles = join(project.directory, 'served')
  await mkdir(join(bundles, 'tool'), { recursive: true })
  await writeFile(join(bundles, 'tool/run'), '#!/bin/sh\necho tool\n', { mode: 0o755 })
  await mustRun('tar', ['-czf', 'tool.tar.gz', 'tool'], { cwd: bundles })
  const sha256 = createHash('sha256')
    .update(await readFile(join(bundles, 'tool.tar.gz')))
    .digest('hex')
  await publishPackage()
  archive = { url: await lab.serve(bundles), sha256 }
  await writeFile(join(project.directory, 'blob'), Buffer.from([0, 255, 10, 39, 92, 0]))
  await project.write('cluster.yaml', spec(first()))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('the documents are valid for those who read them', async () => {
  await render('ignited')
  await validateIgnition(document('ignited', 'ign'))
  for (const name of ['cloud', 'fetched'] as const) {
    await render(name)
    await copyFile(document(name, 'cloud-config.yaml'), lab.path('applied', '/root/user-data'))
    await onHost('applied', 'cloud-init schema --config-file /root/user-data && rm /root/user-data')
  }
})

test('hosts whose power is cut again and again while they boot go on at the next boot, until they are done', async () => {
  for (const name of booted) await lab.stop(name)
  await project.converge(['--yes', '--limit', 'applied'])
  for (const name of booted) await plant(name)
  const cutsAfterMs = [1500, 2500, 3500, 5000]
  await Promise.all(
    booted.map(async (name) => {
      for (const afterMs of cutsAfterMs) await lab.startAndCut(name, afterMs)
      await lab.start(name)
      await onHost(name, 'until [ -e /var/lib/converge/first-boot-done ]; do sleep 0.2; done')
    }),
  )
  figure('boots cut short, after which a first boot goes on', booted.length * cutsAfterMs.length)
})

test('each is then the host that an apply makes', async () => {
  const expected = await seen('applied')
  assert.match(expected, 'app.service')
  for (const name of booted) assert.is(await seen(name), expected, `${name}: ${await journal(name)}`)
})

test('converge has nothing to do there, and finds no drift', async () => {
  const plan = await project.converge(['--dry-run', '--exit-code'])
  assert.is(plan.exitCode, 0, plan.stdout + plan.stderr)
  const drift = await project.converge(['drift', '--exit-code'])
  assert.is(drift.exitCode, 0, drift.stdout + drift.stderr)
})

test('nothing of a first boot stays but its mark, and the next boot is an ordinary one', async () => {
  for (const name of booted) {
    await lab.cutPower(name)
    await lab.start(name)
    const { stdout } = await lab.run(
      name,
      `find /etc /var/lib/converge -name '*first-boot*'; systemctl --failed --quiet`,
    )
    assert.is(stdout, '/var/lib/converge/first-boot-done\n')
  }
})

test('what leaves the spec leaves these hosts, and a rollback brings it back', async () => {
  const before = await seen('applied')
  await project.write('cluster.yaml', spec(second()))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const pruned = await seen('applied')
  assert.is.not(pruned, before)
  for (const name of booted) assert.is(await seen(name), pruned, name)
  const back = await project.converge(['rollback', '--yes'])
  assert.is(back.exitCode, 0, back.stdout + back.stderr)
  const returned = await seen('applied')
  for (const name of booted) assert.is(await seen(name), returned, name)
})

/** What is to be seen of the resources of the spec on a host: paths, contents, accounts and units. */
async function seen(name: HostName): Promise<string> {
  const { stdout } = await lab.run(
    name,
    `find /srv /opt /home/app /etc/demo.conf /etc/issue /etc/app.conf /etc/app.key /usr/local/bin /etc/systemd/system \\
  ! -path '*/wants/*' ! -name '*cloud*' ! -name 'user-cloudinit.service' -printf '%p %y %m %U:%G %l\\n' 2>&1 | sort
find /srv /opt /home/app /etc/demo.conf /etc/issue /etc/app.conf /etc/app.key -type f -exec sha256sum {} + 2>&1 | sort
dpkg-query -W demo; getent passwd app operator; getent group app shared; id app 2>&1
for unit in app.service app.timer late.service fstrim.service; do
  systemctl show -P Id,LoadState,ActiveState,UnitFileState "$unit" | paste -sd' '
done`,
  )
  return stdout
}

async function journal(name: HostName): Promise<string> {
  return (await lab.run(name, 'journalctl --no-pager -u converge-first-boot.service | tail -n 40')).stdout
}

function document(name: HostName, ending: string): string {
  return join(project.directory, name, `${name}.${ending}`)
}

async function render(name: HostName): Promise<void> {
  const more =
    name === 'fetched' ? ['--provider', 'ec2', '--boot-url', archive.url] : ['--provider', 'digitalocean']
  const words = ['render', name, '-o', name, '--boot', String(carriers[name]), ...more]
  const { exitCode, stdout, stderr } = await project.converge(words)
  assert.is(exitCode, 0, stdout + stderr)
}

/** Puts the document of a host where its image looks for it. */
async function plant(name: HostName): Promise<void> {
  await render(name)
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(lab.path(name, path)), { recursive: true })
    await writeFile(lab.path(name, path), text)
  }
  const copy = async (ending: string, path: string): Promise<void> => {
    await write(path, await readFile(document(name, ending), 'utf8'))
  }
  switch (name) {
    case 'fetched':
    case 'cloud':
      await mustRun('sh', ['-c', `cp ${name}/*.gz served/ || :`], { cwd: project.directory })
      await write('/var/lib/cloud/seed/nocloud/meta-data', `instance-id: ${name}\nlocal-hostname: ${name}\n`)
      await copy('cloud-config.yaml', '/var/lib/cloud/seed/nocloud/user-data')
      // The lab's own network and host keys.
      return write(
        '/etc/cloud/cloud.cfg.d/99-lab.cfg',
        'network: { config: disabled }\nssh_deletekeys: false\n',
      )
    case 'coreos':
      await copy('coreos.yaml', '/root/user-data')
      await write('/root/cloudinit', coreosCloudinit)
      await write('/etc/systemd/system/user-cloudinit.service', userCloudinit)
      await mustRun('systemctl', ['--root', lab.path(name, '/'), 'enable', 'user-cloudinit.service'])
      return
    case 'ignited':
      return igniteTree(document(name, 'ign'), lab.path(name, '/'), project.directory)
    case 'scripted':
      await copy('boot.sh', '/root/boot.sh')
      await mustRun('chroot', [lab.path(name, '/'), '/bin/sh', '/root/boot.sh'])
      return
    case 'live':
      await copy('boot.sh', '/root/boot.sh')
      await lab.start(name)
      await onHost(name, '/bin/sh /root/boot.sh && sleep 0.5')
      await lab.cutPower(name)
  }
}

async function onHost(name: HostName, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(name, command)
  assert.is(exitCode, 0, stdout + stderr)
  return stdout
}

// coreos-cloudinit is in no registry: this does at each boot what its documentation says of the keys that we use.
const coreosCloudinit = `import base64, gzip, os, subprocess, yaml
def put(path, data, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.tmp', 'wb') as file:
        os.chmod(path + '.tmp', mode)
        file.write(data)
    os.rename(path + '.tmp', path)
text = open('/root/user-data').read()
assert text.startswith('#cloud-config\\n')
config = yaml.safe_load(text.replace('$private_ipv4', '10.0.0.1').replace('$public_ipv4', '192.0.2.1'))
for file in config['write_files']:
    assert file['encoding'] == 'gzip+base64' and file['owner'] == 'root:root'
    put(file['path'], gzip.decompress(base64.b64decode(file['content'])), int(file['permissions'], 8))
for unit in config['coreos']['units']:
    put(('/run' if unit.get('runtime') else '/etc') + '/systemd/system/' + unit['name'], unit['content'].encode(), 0o644)
subprocess.run(['systemctl', 'daemon-reload'], check=True)
for unit in config['coreos']['units']:
    if 'command' in unit:
        subprocess.run(['systemctl', unit['command'], unit['name']], check=True)
`
const userCloudinit = `[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /root/cloudinit
[Install]
WantedBy=multi-user.target
`

/** An apt repository with one package, in what is served. */
async function publishPackage(): Promise<void> {
  const control = `Package: demo
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: one file
`
  await mkdir(join(bundles, 'deb/DEBIAN'), { recursive: true })
  await writeFile(join(bundles, 'deb/DEBIAN/control'), control)
  await writeFile(join(bundles, 'deb/DEBIAN/conffiles'), '/etc/demo.conf\n')
  await mkdir(join(bundles, 'deb/etc'))
  await writeFile(join(bundles, 'deb/etc/demo.conf'), 'default\n')
  await mustRun('dpkg-deb', ['--root-owner-group', '--build', 'deb', 'demo.deb'], { cwd: bundles })
  const deb = await readFile(join(bundles, 'demo.deb'))
  const sha256 = createHash('sha256').update(deb).digest('hex')
  const entry = `${control}Filename: ./demo.deb\nSize: ${deb.length}\nSHA256: ${sha256}\n`
  await writeFile(join(bundles, 'Packages'), entry)
}

function first(): string {
  return `      - file: { path: /etc/apt/sources.list.d/lab.list, content: "deb [trusted=yes] ${archive.url} ./\\n" }
      - package: { name: demo }
      - file: { path: /etc/demo.conf, content: "ours\\n", after: ["package[demo]"] }
      - group: { name: shared, gid: 4100, prune: true }
      - user: { name: app, uid: 4101, groups: [shared], home: /home/app, shell: /bin/sh, prune: true, authorizedKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4+AB8ydhDHzCEBSqLpTIEvUYNNq2Y7VPx4bs12Yzxl a b"] }
      - user: { name: operator, comment: adopted }
      - directory: { path: /srv/app, owner: app, group: shared, mode: "2770" }
      - file: { path: /srv/app/blob, source: blob, owner: app, mode: "0640" }
      - file: { path: /etc/issue, content: "ours $private_ipv4 \\\\u\\n" }
      - file: { path: /etc/app.key, content: hunter2, mode: "0600" }
      - file: { path: /etc/app.conf, content: "one\\n", notifies: [{ resource: "unit[app.service]", action: restart }] }
      - link: { path: /srv/current, target: app }
      - archive: { url: "${archive.url}/tool.tar.gz", sha256: ${archive.sha256}, path: /opt/tool, binaries: [run] }
      - command: { name: slow, command: "sleep 1; echo slow >/srv/slow", creates: /srv/slow }
      - unit: { name: app.service, content: { Service: { ExecStart: /bin/sleep infinity }, Install: { WantedBy: multi-user.target } }, dropIns: { limits: { Service: { MemoryMax: 1G } } }, enabled: true, started: true }
      - unit: { name: app.timer, content: { Timer: { OnCalendar: daily, Unit: fstrim.service }, Install: { WantedBy: timers.target } }, enabled: true }
      - unit: { name: late.service, content: { Unit: { After: multi-user.target }, Service: { Type: oneshot, RemainAfterExit: true, ExecStart: /bin/true }, Install: { WantedBy: multi-user.target } }, enabled: true, started: true }
      - unit: { name: fstrim.service, masked: true }
`
}

/** Without most of it, and with one change. */
function second(): string {
  return first()
    .split('\n')
    .filter(
      (line) =>
        /user: |group: |app.service|directory: |archive: |package: |lab.list/.test(line) &&
        !/name: operator|app.conf/.test(line),
    )
    .map((line) => line.replace('MemoryMax: 1G', 'MemoryMax: 2G'))
    .join('\n')
}

function spec(resources: string): string {
  const hosts = names.map((name) => `  ${name}: { address: ${lab.address(name)}, roles: [all] }\n`)
  return `cluster: boot
${labSsh(lab, 'root')}
roles:
  all:
    resources:
${resources}
hosts:
${hosts.join('')}`
}

test.run()

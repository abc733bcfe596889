import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { ownKernelUnavailable } from '../../src/lab/unavailable.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { serveTime } from './harness/time-server.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('hosts with a kernel of their own', ownKernelUnavailable)
const uuid = '5d1f3c2e-7a2b-4c1d-9e8f-0123456789ab'
let lab: Lab
let project: Project
let timeServer: Awaited<ReturnType<typeof serveTime>>

test.before(async () => {
  lab = await startLab({
    hosts: ['node0'],
    kernel: 'own',
    blankDisks: 2,
    packages: [
      ...['systemd-timesyncd', 'unattended-upgrades', 'dosfstools'],
      ...['podman', 'crun', 'conmon', 'docker.io', 'iptables', 'apparmor'],
    ],
  })
  timeServer = await serveTime(lab.bridgeAddress)
  project = await createProject(spec([]))
  await output(`mkfs.ext4 -q -L 'lab data' -U ${uuid} /dev/vdb
    mkfs.vfat --mbr=n -n LABFAT -i 1A2B3C4D /dev/vdc >/dev/null
    udevadm settle`)
})

test.after(async () => {
  timeServer?.close()
  await project?.remove()
  await lab?.close()
})

const kinds = [
  'swapFile: { path: /var/swap, sizeMb: 24, priority: 7 }',
  'kernelModule: { name: dummy, options: numdummies=3 }',
  'kernelModule: { name: ext4 }',
  'kernelModule: { name: br_netfilter }',
  'sysctl: { name: 90-lab, settings: { vm.swappiness: 7, net.bridge.bridge-nf-call-iptables: 0 } }',
  'mount: { path: /srv/label, device: "LABEL=lab data", options: noatime }',
  'mount: { path: /srv/fat, device: UUID=1A2B-3C4D, type: vfat, options: "ro,nofail" }',
  'file: { path: /srv/label/file, content: "kept\\n" }',
]

const published =
  'container: { name: web, image: "lab:1", command: [/bin/busybox, httpd, -f, -p, "80", -h, /data], ports: ["127.0.0.1:8080:80"], volumes: ["/srv/label:/data:ro"], stopSeconds: 1 }'

/** A value that a shell, systemd or an env file would take apart. */
const odd = '100% $HOME \\"x\\"'
const podman = (greeting: string): string =>
  `container: { name: pod, runtime: podman, image: "localhost/lab:1", command: [/bin/sh, -c, "echo \\"said $GREETING\\"; exec /bin/busybox httpd -f -p 127.0.0.1:8081 -h /data"], volumes: ["/srv/label:/data:ro"], environment: { GREETING: "${greeting}" }, options: ["--network=host"], stopSeconds: 1 }`

test('swap, modules, parameters, mounts of disks, time and limits are in force', async () => {
  await converges(kinds)
  await kindsAreInForce()
  await baseIsInForce()
  await dockerIsInForce()
})

test('docker goes on with its containers while its daemon restarts', async () => {
  await output(`mkdir -p /root/image/bin && cd /root/image && mkdir dev proc sys tmp
    for file in $(ldd /bin/busybox | grep -o '/lib[^ ]*'); do mkdir -p ".\${file%/*}" && cp -L "$file" ".$file"; done
    cp /bin/busybox bin && ln -s busybox bin/sh
    tar -c . >/root/image.tar
    docker import /root/image.tar lab:1
    podman import --quiet /root/image.tar localhost/lab:1`)
  await output('docker run --detach --name=survivor lab:1 /bin/busybox sleep 10000')
  const process = "docker inspect --format '{{.State.Running}} {{.State.Pid}}' survivor"
  const before = await output(process)
  assert.match(before, /^true [1-9]\d*\n$/)
  await output('systemctl restart docker.service')
  assert.is(await output(process), before)
  await output('docker rm --force survivor')
})

test('a container serves, says what it says once, and restarts when it changes', async () => {
  await converges([...kinds, published, podman('first')])
  await containersAreInForce('first')
  const started = await startOf('pod')
  const publishedSince = await startOf('web')
  await converges([...kinds, published, podman(odd)])
  await containersAreInForce('100% $HOME "x"')
  assert.is.not(await startOf('pod'), started)
  assert.is(await startOf('web'), publishedSince)
})

test('after a boot all of it is so again', async () => {
  await lab.stop('node0')
  await lab.start('node0')
  await hasNothingToDo()
  await kindsAreInForce()
  await baseIsInForce()
  await dockerIsInForce()
  await containersAreInForce('100% $HOME "x"')
})

test('swap gets another size and a mount another device, options and parameters others', async () => {
  await converges([
    'swapFile: { path: /var/swap, sizeMb: 32 }',
    `mount: { path: /srv/label, device: UUID=${uuid.toUpperCase()}, options: nodev }`,
    'sysctl: { name: 90-lab, settings: { vm.swappiness: 8 } }',
  ])
  assert.match(await swapAt('/var/swap'), new RegExp(`^${32 * 2 ** 20 - 4096} -\\d+\n$`))
  assert.match(await output('findmnt -rno SOURCE,OPTIONS /srv/label'), /^\/dev\/vdb rw,nodev/)
  assert.is(await output('cat /proc/sys/vm/swappiness'), '8\n')
  // What has left the spec is gone, and nothing has failed on its way.
  assert.is(await output('docker ps --quiet; podman ps --quiet; findmnt /srv/fat || :'), '')
  assert.is(await output('systemctl is-system-running; systemctl --failed --no-legend'), 'running\n')
})

test('what leaves the spec is gone, also after a power cut', async () => {
  await converges([], [])
  await output('sync')
  await lab.cutPower('node0')
  await lab.start('node0')
  await hasNothingToDo()
  assert.is(await output('swapon --show --noheadings; findmnt /srv/label || :'), '')
  assert.is(await output('ls -d /sys/class/net/dummy* /sys/module/br_netfilter 2>/dev/null || :'), '')
  assert.is(await output('cat /proc/sys/vm/swappiness; hostname'), '60\nnode0\n')
  assert.is(
    await output('systemctl is-active docker.service web.service pod.service || :'),
    'inactive\n'.repeat(3),
  )
})

async function kindsAreInForce(): Promise<void> {
  assert.is(await swapAt('/var/swap'), `${24 * 2 ** 20 - 4096} 7\n`)
  assert.is(
    await output('ls /sys/class/net | grep dummy; lsmod | grep -o ^br_netfilter'),
    'dummy0\ndummy1\ndummy2\nbr_netfilter\n',
  )
  assert.is(
    await output('cat /proc/sys/vm/swappiness /proc/sys/net/bridge/bridge-nf-call-iptables'),
    '7\n0\n',
  )
  assert.match(await output('findmnt -rno SOURCE,FSTYPE,OPTIONS /srv/label'), /^\/dev\/vdb ext4 rw,noatime/)
  assert.match(await output('findmnt -rno SOURCE,FSTYPE,OPTIONS /srv/fat'), /^\/dev\/vdc vfat ro,/)
  assert.is(await output('cat /srv/label/file'), 'kept\n')
}

async function baseIsInForce(): Promise<void> {
  assert.is(await output('hostname; date +%Z'), 'node0\nCET\n')
  assert.match(await swapAt('/swapfile'), new RegExp(`^${16 * 2 ** 20 - 4096} -\\d+\n$`))
  const synchronized = 'timedatectl show --property=NTPSynchronized --value'
  assert.is(await output(`until ${synchronized} | grep yes; do sleep 0.5; done`), 'yes\n')
  assert.match(await output('timedatectl timesync-status'), `Server: ${lab.bridgeAddress}`)
  assert.is(
    await output('systemctl is-enabled chrony.service ntp.service ntpsec.service openntpd.service || :'),
    'masked\n'.repeat(4),
  )
  assert.match(await output('journalctl --unit=systemd-journald'), 'max 64.0M')
  const timers = 'apt-daily.timer apt-daily-upgrade.timer'
  assert.is(
    await output(`systemctl is-enabled ${timers}; systemctl is-active ${timers}`),
    'enabled\nenabled\nactive\nactive\n',
  )
  assert.match(await output('apt-config dump APT::Periodic::Unattended-Upgrade'), '"1"')
}

async function dockerIsInForce(): Promise<void> {
  assert.is(
    await output("docker info --format '{{.DockerRootDir}} {{.LoggingDriver}} {{.LiveRestoreEnabled}}'"),
    '/srv/docker json-file true\n',
  )
}

async function containersAreInForce(greeting: string): Promise<void> {
  for (const port of [8080, 8081]) {
    const get = `curl -sS http://127.0.0.1:${port}/file 2>/dev/null`
    assert.is(await output(`until ${get}; do sleep 0.5; done`), 'kept\n')
  }
  const since = '_SYSTEMD_INVOCATION_ID=$(systemctl show --property=InvocationID --value pod.service)'
  assert.is(await output(`journalctl --output=cat ${since} | grep ^said`), `said ${greeting}\n`)
  assert.is(await output('systemctl is-active web.service pod.service'), 'active\nactive\n')
}

/** Size in bytes and priority. */
function swapAt(path: string): Promise<string> {
  return output(`swapon --show=NAME,SIZE,PRIO --noheadings --bytes | awk '$1 == "${path}" { print $2, $3 }'`)
}

function startOf(container: string): Promise<string> {
  return output(`systemctl show --property=ExecMainStartTimestampMonotonic ${container}.service`)
}

/** Applies a spec of these resources, after which nothing is left to do. */
async function converges(resources: readonly string[], recipes = ['base', 'docker']): Promise<void> {
  await project.write('cluster.yaml', spec(resources, recipes))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  await hasNothingToDo()
}

async function hasNothingToDo(): Promise<void> {
  const { exitCode, stdout, stderr } = await project.converge(['--dry-run', '--exit-code'])
  assert.is(exitCode, 0, stdout + stderr)
}

async function output(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run('node0', command)
  assert.is(exitCode, 0, `${command}\n${stdout}${stderr}`)
  return stdout
}

function spec(resources: readonly string[], recipes: readonly string[] = []): string {
  const listed = resources.map((one) => `      - ${one}\n`).join('')
  return `cluster: kernel
platform: { os: debian, release: "12" }
${labSsh(lab, 'root')}
attributes:
  base:
    swapMb: 16
    timezone: Europe/Berlin
    timeServers: ["${lab.bridgeAddress}"]
    unattendedUpgrades: true
    journalMaxMb: 64
  docker: { dataRoot: /srv/docker, logMaxSize: 1m }
hosts:
  node0:
    address: ${lab.address('node0')}
    recipes: [${recipes.join(', ')}]
${listed === '' ? '' : `    resources:\n${listed}`}`
}

test.run()

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { operatorPassword } from '../../src/lab/base-tree.ts'
import { type CommandResult, mustRun, run } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { etcdArchive } from './harness/etcd-archive.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('lab harness')
let lab: Lab

test.before(async () => {
  lab = await startLab({
    hosts: ['infra0', 'infra1'],
    smallDisks: { infra1: [{ path: '/srv/small', sizeBytes: 64 * 1024 }] },
  })
})

test.after(async () => {
  await lab?.close()
})

test('accepts the key of root on every host, over a verified host key', async () => {
  for (const { name } of lab.hosts) {
    assert.equal(await ssh('root', name, 'id -un && hostname'), succeeds(`root\n${name}\n`))
  }
})

test('lets admin use sudo without a password', async () => {
  assert.equal(await ssh('admin', 'infra0', 'id -un && sudo -n id -un'), succeeds('admin\nroot\n'))
})

test('asks operator for the password that sudo wants', async () => {
  const refused = await ssh('operator', 'infra0', 'sudo -n id -un')
  assert.is(refused.exitCode, 1)
  assert.match(refused.stderr, 'a password is required')
  await writeFile(lab.path('infra0', '/home/operator/password'), `${operatorPassword}\n`)
  const accepted = await ssh('operator', 'infra0', "sudo -S -p '' id -un <password")
  assert.equal({ ...accepted, stderr: '' }, succeeds('root\n'))
})

test('runs commands inside a host and shows its files from outside', async () => {
  const { stdout } = await lab.run(
    'infra1',
    'cat /proc/1/comm && systemctl is-active ssh.service && hostname',
  )
  assert.is(stdout, 'systemd\nactive\ninfra1\n')
  assert.equal(await lab.run('infra1', 'echo out; echo err >&2; exit 7'), {
    exitCode: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  await lab.run('infra1', 'echo seen >/etc/marker && chattr +i /etc/marker')
  assert.is(await readFile(lab.path('infra1', '/etc/marker'), 'utf8'), 'seen\n')
  assert.not(existsSync(lab.path('infra0', '/etc/marker')))
})

test('gives up on a command that takes too long, also when it has left others behind', async () => {
  const told = await lab.run('infra0', 'echo begun; sleep 60 & sleep 60', 1000).catch(String)
  assert.match(String(told), /limit 1000 ms[\s\S]*begun/)
})

test('keeps the services of hosts apart', async () => {
  await lab.run('infra0', 'systemctl stop ssh.service')
  assert.is((await lab.run('infra0', 'systemctl is-active ssh.service')).stdout, 'inactive\n')
  assert.is((await ssh('root', 'infra1', 'true')).exitCode, 0)
  await lab.run('infra0', 'systemctl start ssh.service')
  const { stdout } = await lab.run('infra0', 'systemctl show --property=ControlGroup --value ssh.service')
  assert.is(stdout, '/system.slice/ssh.service\n')
})

test('lets hosts reach each other by name and nothing outside', async () => {
  const peer = await lab.run('infra0', 'curl -sS --max-time 5 telnet://infra1:22 </dev/null | head -c 4')
  assert.is(peer.stdout, 'SSH-')
  assert.is((await lab.run('infra0', 'ip route show default')).stdout, '')
})

test('serves a directory of this machine to the hosts, and nothing above it', async () => {
  const { directory, name, sha256, version } = await etcdArchive()
  const url = await lab.serve(directory)
  const { stdout } = await lab.run(
    'infra0',
    `curl -sSf -o /tmp/${name} ${url}/${name} && sha256sum /tmp/${name}`,
  )
  assert.is(stdout, `${sha256}  /tmp/${name}\n`)
  const release = name.replace('.tar.gz', '')
  const unpacked = await lab.run('infra0', `tar -C /tmp -xf /tmp/${name} && /tmp/${release}/etcd --version`)
  assert.match(unpacked.stdout, `etcd Version: ${version}\n`)
  const above = await lab.run(
    'infra0',
    `curl -sS --path-as-is -w '%{http_code}' ${url}/../../../etc/hostname`,
  )
  assert.is(above.stdout, 'there is no /etc/hostname\n404')
})

test('has a disk that fills up', async () => {
  const full = await lab.run('infra1', 'head -c 100000 /dev/zero >/srv/small/file')
  assert.is(full.exitCode, 1)
  assert.match(full.stderr, 'No space left on device')
})

test('boots a stopped host again with what it had', async () => {
  await lab.run('infra1', 'echo kept >/var/lib/kept')
  await lab.stop('infra1')
  assert.is((await ssh('root', 'infra1', 'true')).exitCode, 255)
  assert.is(await readFile(lab.path('infra1', '/var/lib/kept'), 'utf8'), 'kept\n')
  await lab.start('infra1')
  assert.equal(await ssh('root', 'infra1', 'cat /var/lib/kept; ls /srv/small'), succeeds('kept\nfile\n'))
})

test('cuts the power of a host', async () => {
  await lab.cutPower('infra1')
  assert.is((await ssh('root', 'infra1', 'true')).exitCode, 255)
  await lab.start('infra1')
  assert.is((await ssh('root', 'infra1', 'true')).exitCode, 0)
})

test('replaces a host key, which the known hosts then contradict', async () => {
  const known = await readFile(lab.knownHostsFile, 'utf8')
  const line = await lab.replaceHostKey('infra0')
  const refused = await ssh('root', 'infra0', 'true')
  assert.is(refused.exitCode, 255)
  assert.match(refused.stderr, 'REMOTE HOST IDENTIFICATION HAS CHANGED')
  await writeFile(lab.knownHostsFile, known.replace(new RegExp(`^${lab.address('infra0')} .*\n`, 'm'), line))
  assert.is((await ssh('root', 'infra0', 'true')).exitCode, 0)
})

test('leaves nothing behind when closed, also when closed twice', async () => {
  await lab.close()
  await lab.close()
  assert.equal(await traces(lab.bridge), [])
})

test('leaves nothing behind when its process is asked to end', async () => {
  const child = spawnLab()
  const bridge = await bridgeOf(child)
  assert.not.equal(await traces(bridge), [])
  child.kill('SIGTERM')
  assert.equal(await once(child, 'exit'), [143, null])
  assert.equal(await traces(bridge), [])
})

test('clears away what a lab left whose process was killed', async () => {
  const child = spawnLab()
  const bridge = await bridgeOf(child)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.not.equal(await traces(bridge), [])
  const next = await startLab({ hosts: ['infra0'] })
  await next.close()
  assert.equal(await traces(bridge), [])
})

test.run()

async function ssh(user: string, host: string, command: string): Promise<CommandResult> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=5', 'LogLevel=ERROR']
  return run('ssh', [
    ...['-F', '/dev/null', '-i', lab.identityFile, '-o', `UserKnownHostsFile=${lab.knownHostsFile}`],
    ...options.flatMap((option) => ['-o', option]),
    ...[`${user}@${lab.address(host)}`, command],
  ])
}

function succeeds(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' }
}

/** A process of its own that starts a lab, prints the bridge's name and stays. */
function spawnLab() {
  const script = `
    import { startLab } from './src/lab/lab.ts'
    console.log((await startLab({ hosts: ['infra0'] })).bridge)
    setInterval(() => {}, 60_000)`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function bridgeOf(child: ReturnType<typeof spawnLab>): Promise<string> {
  const [chunk] = await once(child.stdout, 'data')
  return String(chunk).trim()
}

/** Everything on this machine that names the lab of that bridge, or a folder of such a lab. */
async function traces(bridge: string): Promise<readonly string[]> {
  const directories = readdirSync(tmpdir())
    .filter((name) => name.startsWith('converge-lab-'))
    .map((name) => join(tmpdir(), name))
    .filter((directory) => existsSync(join(directory, 'bridge')))
    .filter((directory) => readFileSync(join(directory, 'bridge'), 'utf8') === bridge)
  const listings = {
    mounts: readFileSync('/proc/mounts', 'utf8'),
    links: await mustRun('ip', ['-oneline', 'link', 'show']),
    processes: await mustRun('ps', ['-eo', 'pid,args']),
    cgroups: await mustRun('find', ['/sys/fs/cgroup', '-type', 'd', '-name', bridge]),
  }
  const named = Object.entries(listings).flatMap(([kind, text]) =>
    text
      .split('\n')
      .filter((line) => [bridge, ...directories].some((trace) => line.includes(trace)))
      .map((line) => `${kind}: ${line}`),
  )
  return [...directories, ...named]
}

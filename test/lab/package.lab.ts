import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { mustRun } from './harness/command.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { type Lab, startLab } from './harness/lab.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('packages on a real host')
let lab: Lab
let project: Project
let repository: string
let url: string

test.before(async () => {
  lab = await startLab({ hosts: ['node0'] })
  repository = await mkdtemp(join(tmpdir(), 'converge-lab-apt-'))
  await publish(['1.0'])
  url = await lab.serve(repository)
  project = await createProject(spec('package: { name: demo-daemon }'))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
  if (repository !== undefined) await rm(repository, { recursive: true, force: true })
})

test('installs a package without starting its daemon, and has nothing left to do', async () => {
  await converges()
  assert.is(await installed(), '1.0')
  assert.is((await lab.run('node0', 'systemctl is-active demo-daemon.service')).stdout, 'inactive\n')
  assert.is((await lab.run('node0', 'ls /usr/sbin/policy-rc.d')).exitCode, 2, 'starts are allowed again')
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
})

test('upgrades to a version that the spec names, keeps an edited conffile, and never asks', async () => {
  await lab.run('node0', 'echo edited >/etc/demo-daemon.conf')
  await publish(['1.0', '1.1'])
  await lab.run('node0', 'rm -rf /var/lib/apt/lists/*')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.1" }'))
  const plan = await project.converge(['--dry-run'])
  assert.match(plan.stdout, 'version will change from 1.0 to 1.1')
  await converges()
  assert.is(await installed(), '1.1')
  assert.is((await lab.run('node0', 'cat /etc/demo-daemon.conf')).stdout, 'edited\n')
})

test('goes back to an older version that the spec names', async () => {
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.0" }'))
  await converges()
  assert.is(await installed(), '1.0')
})

test('waits for the lock of dpkg', async () => {
  await lab.run('node0', 'apt-get -y purge demo-daemon')
  const holding = lab.run(
    'node0',
    `perl -e 'use Fcntl; open my $f, ">>", "/var/lib/dpkg/lock-frontend"; my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; open my $m, ">", "/run/held"; close $m; sleep 6'`,
  )
  await lab.run('node0', 'until [ -e /run/held ]; do sleep 0.1; done')
  await converges()
  assert.is(await installed(), '1.0')
  assert.is((await holding).exitCode, 0)
})

test('starts the daemon where the spec says so, and names a package that does not exist', async () => {
  await lab.run('node0', 'apt-get -y purge demo-daemon')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, autostart: true }'))
  await converges()
  assert.is((await lab.run('node0', 'systemctl is-active demo-daemon.service')).stdout, 'active\n')

  await project.write('cluster.yaml', spec('package: { name: no-such-thing }'))
  const failed = await project.converge(['--yes', '--allow-prune'])
  assert.is(failed.exitCode, 1)
  assert.match(failed.stdout, 'Unable to locate package no-such-thing')
})

async function converges(): Promise<void> {
  const { exitCode, stdout, stderr } = await project.converge(['--yes'])
  assert.is(exitCode, 0, stdout + stderr)
}

async function installed(): Promise<string> {
  return (await lab.run('node0', "dpkg-query -W -f '${Version}' demo-daemon")).stdout
}

function spec(resource: string): string {
  return `cluster: packages
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
hosts:
  node0:
    address: ${lab.address('node0')}
    resources:
      - file: { path: /etc/apt/sources.list.d/lab.list, content: "deb [trusted=yes] ${url} ./\\n" }
      - ${resource}
`
}

/** A flat apt repository with these versions of a package that has a daemon and a conffile. */
async function publish(versions: readonly string[]): Promise<void> {
  const entries = await Promise.all(versions.map(buildPackage))
  await writeFile(join(repository, 'Packages'), entries.join('\n'))
}

async function buildPackage(version: string): Promise<string> {
  const name = `demo-daemon_${version}_all.deb`
  const tree = await mkdtemp(join(tmpdir(), 'converge-lab-deb-'))
  const control = `Package: demo-daemon
Version: ${version}
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: a daemon that only waits
`
  const postinst = `#!/bin/sh
set -e
deb-systemd-helper enable demo-daemon.service
deb-systemd-invoke start demo-daemon.service || true
`
  const unit = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n'
  for (const folder of ['DEBIAN', 'etc', 'lib/systemd/system'])
    await mkdir(join(tree, folder), { recursive: true })
  await writeFile(join(tree, 'DEBIAN/control'), control)
  await writeFile(join(tree, 'DEBIAN/conffiles'), '/etc/demo-daemon.conf\n')
  await writeFile(join(tree, 'DEBIAN/postinst'), postinst)
  await chmod(join(tree, 'DEBIAN/postinst'), 0o755)
  await writeFile(join(tree, 'etc/demo-daemon.conf'), `version ${version}\n`)
  await writeFile(join(tree, 'lib/systemd/system/demo-daemon.service'), unit)
  await chmod(tree, 0o755)
  const file = join(repository, name)
  await mustRun('dpkg-deb', ['--root-owner-group', '--build', tree, file])
  await rm(tree, { recursive: true })
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return `${control}Filename: ./${name}\nSize: ${(await stat(file)).size}\nSHA256: ${sha256}\n`
}

test.run()

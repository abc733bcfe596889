import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { type PackageRelations, packageManagerContract } from '../contracts/package-manager.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { createSigningKey, type SigningKey } from './harness/signing-key.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('packages on a real host')
let lab: Lab | undefined
let project: Project
let repository: string
let url: string

/** The one host of both suites, with a repository that it can reach. */
async function openLab(): Promise<Lab> {
  if (lab !== undefined) return lab
  lab = await startLab({ hosts: ['node0'] })
  repository = await mkdtemp(join(tmpdir(), 'converge-lab-apt-'))
  await writeFile(join(repository, 'Packages'), '')
  url = await lab.serve(repository)
  return lab
}

packageManagerContract(
  'apt on a real host',
  async () => {
    const { path, run } = await openLab()
    const { inspect, packages, apply } = hostLibrary()
    await run('node0', `echo '${sourceLine()}' >/etc/apt/sources.list.d/lab.list`)
    return {
      release: '',
      hasEpochs: true,
      async run(lines) {
        await writeFile(path('node0', '/root/contract.sh'), `${inspect}\n${packages}\n${apply}\n${lines}\n`)
        return run('node0', 'sh /root/contract.sh 2>&1', 120_000)
      },
      publish,
      ageLists: async () => {
        await run('node0', 'rm -rf /var/lib/apt/lists/*')
      },
      close: async () => {
        await run('node0', 'apt-get -y purge demo other mailer epochal; rm -rf /var/lib/apt/lists/*')
      },
    }
  },
  labSuite,
)

test.before(async () => {
  await openLab()
  await publish('demo-daemon', ['1.0'])
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
  assert.is((await onHost('systemctl is-active demo-daemon.service')).stdout, 'inactive\n')
  assert.is((await onHost('ls /usr/sbin/policy-rc.d')).exitCode, 2, 'starts are allowed again')
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
})

test('a file in place of a conffile may have the group that the package brings, and gives way to the conffile again', async () => {
  await onHost('apt-get -y purge demo-daemon')
  await project.write(
    'cluster.yaml',
    spec(`package: { name: demo-daemon }
      - file: { path: /etc/demo-daemon.conf, content: "mine\\n", group: demo-daemon, after: ["package[demo-daemon]"] }`),
  )
  await converges()
  assert.is(
    (await onHost('cat /etc/demo-daemon.conf; stat -c %G /etc/demo-daemon.conf')).stdout,
    'mine\ndemo-daemon\n',
  )
  await project.write('cluster.yaml', spec('package: { name: demo-daemon }'))
  await converges()
  assert.is((await onHost('cat /etc/demo-daemon.conf')).stdout, 'version 1.0\n')
})

test('upgrades to a version that the spec names, keeps an edited conffile, and never asks', async () => {
  await onHost('echo edited >/etc/demo-daemon.conf')
  await publish('demo-daemon', ['1.0', '1.1'])
  await onHost('rm -rf /var/lib/apt/lists/*')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.1" }'))
  const plan = await project.converge(['--dry-run'])
  assert.match(plan.stdout, 'version will change from 1.0 to 1.1')
  await converges()
  assert.is(await installed(), '1.1')
  assert.is((await onHost('cat /etc/demo-daemon.conf')).stdout, 'edited\n')
})

test('installs an older version that the spec names', async () => {
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.0" }'))
  await converges()
  assert.is(await installed(), '1.0')
})

test('unpacks again what was not wholly unpacked when the power failed', async () => {
  await onHost(`sed -i '/^Package: demo-daemon$/,/^$/s/^Status: .*/Status: install ok half-installed/' /var/lib/dpkg/status
    rm /lib/systemd/system/demo-daemon.service`)
  const plan = await project.converge(['--dry-run'])
  assert.match(plan.stdout, 'package[demo-daemon]: will be installed')
  await converges()
  assert.is(await installed(), '1.0')
  assert.is((await onHost('systemctl cat demo-daemon.service')).exitCode, 0)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
})

test('waits for the lock of dpkg', async () => {
  await onHost('apt-get -y purge demo-daemon')
  const holding = onHost(
    `perl -e 'use Fcntl; open my $f, ">>", "/var/lib/dpkg/lock-frontend"; my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; open my $m, ">", "/run/held"; close $m; sleep 6'`,
  )
  await onHost('until [ -e /run/held ]; do sleep 0.1; done')
  await converges()
  assert.is(await installed(), '1.0')
  assert.is((await holding).exitCode, 0)
})

test('starts the daemon where the spec says so, and names a package that does not exist', async () => {
  await onHost('apt-get -y purge demo-daemon')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, autostart: true }'))
  await converges()
  assert.is((await onHost('systemctl is-active demo-daemon.service')).stdout, 'active\n')

  await project.write('cluster.yaml', spec('package: { name: no-such-thing }'))
  const failed = await project.converge(['--yes', '--allow-prune'])
  assert.is(failed.exitCode, 1)
  assert.match(failed.stdout, 'the package lists of the host have no package no-such-thing')
})

test('installs from a repository that a key signs, and from no repository that another key signs', async () => {
  const own = await createSigningKey('own')
  const other = await createSigningKey('other')
  try {
    await publish('signed-demo', ['1.0'])
    await signLists(own)
    await onHost('rm -rf /etc/apt/keyrings /etc/apt/sources.list.d/lab.list')
    await project.write('cluster.yaml', signedSpec(other.key))
    const refused = await project.converge(['--yes', '--allow-prune'])
    assert.is(refused.exitCode, 1)
    assert.match(refused.stdout, /the package lists cannot be refreshed: .*not signed/, refused.stdout)
    await project.write('cluster.yaml', signedSpec(own.key))
    await converges()
    assert.is((await onHost("dpkg-query -W -f '${Version}' signed-demo")).stdout, '1.0')
    assert.match((await onHost('apt-cache policy signed-demo')).stdout, /^ *700 http/m)
    const again = await project.converge(['--dry-run', '--exit-code'])
    assert.is(again.exitCode, 0, again.stdout + again.stderr)
    await project.write('cluster.yaml', specWithoutSource('link: { path: /root/none, target: x }'))
    assert.is((await project.converge(['--yes', '--allow-prune'])).exitCode, 0)
    assert.is(
      (await onHost('ls /etc/apt/keyrings /etc/apt/preferences.d /etc/apt/sources.list.d')).stdout,
      '/etc/apt/keyrings:\n\n/etc/apt/preferences.d:\n\n/etc/apt/sources.list.d:\n',
    )
  } finally {
    for (const list of ['Release', 'InRelease']) await rm(join(repository, list), { force: true })
    await own.remove()
    await other.remove()
  }
})

/** Signs the lists of the repository as they are. */
async function signLists({ gpg }: SigningKey): Promise<void> {
  const packages = await readFile(join(repository, 'Packages'))
  const sum = createHash('sha256').update(packages).digest('hex')
  const release = `Suite: lab\nDate: ${new Date().toUTCString()}\nSHA256:\n ${sum} ${packages.length} Packages\n`
  await writeFile(join(repository, 'Release'), release)
  await gpg('--clearsign', '--output', join(repository, 'InRelease'), join(repository, 'Release'))
}

/** Runs a line of shell on the host. */
async function onHost(command: string) {
  return (await openLab()).run('node0', command)
}

async function converges(): Promise<void> {
  const { exitCode, stdout, stderr } = await project.converge(['--yes'])
  assert.is(exitCode, 0, stdout + stderr)
}

async function installed(): Promise<string> {
  return (await onHost("dpkg-query -W -f '${Version}' demo-daemon")).stdout
}

function sourceLine(): string {
  return `deb [trusted=yes] ${url} ./`
}

function spec(resource: string): string {
  const opened = lab
  if (opened === undefined) throw new Error('the lab is not open')
  return `cluster: packages
${labSsh(opened, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
hosts:
  node0:
    address: ${opened.address('node0')}
    resources:
      - file: { path: /etc/apt/sources.list.d/lab.list, content: "${sourceLine()}\\n" }
      - ${resource}
`
}

/** Nothing else is trusted than what the key signs. */
function signedSpec(key: string): string {
  const repositoryWith = { name: 'lab', url, suites: ['./'], priority: 700, key }
  return specWithoutSource(`packageRepository: ${JSON.stringify(repositoryWith)}
      - package: { name: signed-demo }`)
}

function specWithoutSource(resource: string): string {
  return spec(resource).replace(/ *- file: .*\n/, '')
}

const published = new Map<string, readonly string[]>()

/** Puts these versions of a package, which has a daemon and a conffile, into the flat apt repository. */
async function publish(
  name: string,
  versions: readonly string[],
  relations: PackageRelations = {},
): Promise<void> {
  published.set(name, await Promise.all(versions.map((version) => buildPackage(name, version, relations))))
  await writeFile(join(repository, 'Packages'), [...published.values()].flat().join('\n'))
}

async function buildPackage(
  name: string,
  version: string,
  { provides, needs }: PackageRelations,
): Promise<string> {
  const deb = `${name}_${version.replace(':', '.')}_all.deb`
  const tree = await mkdtemp(join(tmpdir(), 'converge-lab-deb-'))
  const control = `Package: ${name}
Version: ${version}
Architecture: all
Maintainer: nobody <nobody@example.com>
${provides === undefined ? '' : `Provides: ${provides}\n`}${needs === undefined ? '' : `Depends: ${needs}\n`}Description: a daemon that only waits
`
  const postinst = `#!/bin/sh
set -e
getent group ${name} >/dev/null || groupadd --system ${name}
deb-systemd-helper enable ${name}.service
deb-systemd-invoke start ${name}.service || true
`
  const unit = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n'
  for (const folder of ['DEBIAN', 'etc', 'lib/systemd/system'])
    await mkdir(join(tree, folder), { recursive: true })
  await writeFile(join(tree, 'DEBIAN/control'), control)
  await writeFile(join(tree, 'DEBIAN/conffiles'), `/etc/${name}.conf\n`)
  await writeFile(join(tree, 'DEBIAN/postinst'), postinst)
  await chmod(join(tree, 'DEBIAN/postinst'), 0o755)
  await writeFile(join(tree, `etc/${name}.conf`), `version ${version}\n`)
  await writeFile(join(tree, `lib/systemd/system/${name}.service`), unit)
  await chmod(tree, 0o755)
  const file = join(repository, deb)
  await mustRun('dpkg-deb', ['--root-owner-group', '--build', tree, file])
  await rm(tree, { recursive: true })
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return `${control}Filename: ./${deb}\nSize: ${(await stat(file)).size}\nSHA256: ${sha256}\n`
}

test.run()

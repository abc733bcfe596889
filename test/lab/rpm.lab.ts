import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { mustRun, run as runHere } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { packageManagerContract } from '../contracts/package-manager.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { createRpmRepository, type RpmRepository } from './harness/rpm-repository.ts'
import { createSigningKey } from './harness/signing-key.ts'
import { labSuite } from './harness/unavailable.ts'

// Debian's dnf and zypper, each on a host whose packages are rpm's: without dpkg's database, with rpm's where RHEL and SUSE have it.

const managers = { dnf: 'dnf0', zypper: 'zypper0' } as const
type Manager = keyof typeof managers
const listFiles = {
  dnf: '/etc/yum.repos.d/lab.repo',
  zypper: '/etc/zypp/repos.d/lab.repo',
} as const

let lab: Lab | undefined
let repository: RpmRepository
let url: string

async function openLab(): Promise<Lab> {
  if (lab !== undefined) return lab
  lab = await startLab({ hosts: Object.values(managers), packages: ['dnf', 'zypper', 'rpm'] })
  repository = await createRpmRepository()
  // What scripts of packages need; without one of their own.
  await repository.publish([{ name: 'shell', version: '1-1', provides: '/bin/sh', post: '' }])
  url = await lab.serve(repository.directory)
  for (const [manager, host] of Object.entries(managers) as [Manager, string][]) {
    await onHost(
      manager,
      `rm -rf /var/lib/dpkg; mkdir -p /etc/rpm ${listFiles[manager].replace('/lab.repo', '')}
       echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros; rpm --initdb`,
    )
    await writeFile(lab.path(host, listFiles[manager]), repositoryFile())
  }
  await onHost('zypper', 'mkdir -p /etc/products.d; touch /etc/products.d/baseproduct')
  await addVersionlock(lab)
  return lab
}

/** dnf's plugin from Debian's package, which cannot be installed beside zypper. */
async function addVersionlock({ path }: Lab): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'converge-lab-plugin-'))
  const download = ['-o', 'APT::Sandbox::User=root', 'download', 'dnf-plugins-core']
  const first = await runHere('apt-get', download, { cwd })
  if (first.exitCode !== 0) {
    await mustRun('apt-get', ['update'])
    await mustRun('apt-get', download, { cwd })
  }
  await mustRun('sh', ['-c', 'dpkg-deb -x dnf-plugins-core_*.deb tree'], { cwd })
  const python = 'usr/lib/python3/dist-packages'
  await mkdir(path(managers.dnf, `/${python}/dnf-plugins`), { recursive: true })
  for (const name of ['dnf-plugins/versionlock.py', 'dnfpluginscore']) {
    await mustRun('cp', ['-r', join(cwd, 'tree', python, name), path(managers.dnf, `/${python}/${name}`)])
  }
  await writeFile(
    path(managers.dnf, '/etc/dnf/plugins/versionlock.conf'),
    '[main]\nenabled = 1\nlocklist = /etc/dnf/plugins/versionlock.list\n',
  )
  await writeFile(path(managers.dnf, '/etc/dnf/plugins/versionlock.list'), '')
  await rm(cwd, { recursive: true })
}

for (const manager of Object.keys(managers) as Manager[]) {
  packageManagerContract(
    `${manager} on a real host`,
    async () => {
      const { path } = await openLab()
      const { inspect, packages, apply } = hostLibrary()
      return {
        release: '-1',
        hasEpochs: true,
        async run(lines) {
          const program = `${inspect}\n${packages}\n${apply}\n${lines}\n`
          await writeFile(path(managers[manager], '/root/contract.sh'), program)
          return onHost(manager, 'sh /root/contract.sh 2>&1', 120_000)
        },
        publish: (name, versions, relations = {}) =>
          repository.publish(versions.map((version) => ({ name, version, ...relations }))),
        ageLists: async () => {
          await onHost(manager, 'rm -rf /var/cache/dnf/* /var/cache/zypp/*')
        },
        close: async () => {
          await onHost(manager, 'rpm -e mailer; rm -rf /var/cache/dnf/* /var/cache/zypp/*')
        },
      }
    },
    labSuite,
  )
}

const test = labSuite('packages of rpm on real hosts')
let project: Project

test.before(async () => {
  await openLab()
  await repository.publish([{ name: 'demo-daemon', version: '1.0-1' }])
  await repository.publish([{ name: 'other', version: '2:3.0-1' }])
  project = await createProject(spec('package: { name: demo-daemon }'))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
  await repository?.remove()
})

test('installs several packages in one transaction without starting a daemon, and has nothing left to do', async () => {
  await project.write(
    'cluster.yaml',
    spec('package: { name: demo-daemon }\n      - package: { name: other, version: "3.0" }'),
  )
  await converges()
  await onBoth('rpm -q --qf "%{EVR} " demo-daemon other', '1.0-1 2:3.0-1 ')
  await onBoth('systemctl is-active demo-daemon.service other.service', 'inactive\ninactive\n')
  const transactions = await onHost(
    'dnf',
    'rpm -q --qf "%{INSTALLTID}\\n" demo-daemon other | sort -u | wc -l',
  )
  assert.is(transactions.stdout, '1\n')
  // zypper gives each package a transaction of rpm.
  const { stdout: history } = await onHost('zypper', "grep '|command|' /var/log/zypp/history")
  assert.match(history, "'demo-daemon' 'other=2:3.0-1'")
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
})

test('upgrades and downgrades to the version that the spec names, keeps an edited file, and never asks', async () => {
  await onBoth('echo edited >/etc/demo-daemon.conf', '')
  await repository.publish(['1.0-1', '1.1-1'].map((version) => ({ name: 'demo-daemon', version })))
  await onBoth('rm -rf /var/cache/dnf/* /var/cache/zypp/*', '')
  for (const [from, to] of [
    ['1.0-1', '1.1'],
    ['1.1-1', '1.0'],
  ] as const) {
    await project.write('cluster.yaml', spec(`package: { name: demo-daemon, version: "${to}" }`))
    const plan = await project.converge(['--dry-run', '--allow-prune'])
    assert.match(plan.stdout, `version will change from ${from} to ${to}`)
    await converges()
    await onBoth('rpm -q --qf "%{EVR}" demo-daemon', `${to}-1`)
  }
  await onBoth('cat /etc/demo-daemon.conf', 'edited\n')
})

test('respects what the administrator has locked, and locks what the spec holds', async () => {
  await onHost('dnf', 'dnf -q versionlock add demo-daemon')
  await onHost('zypper', 'zypper -q -n addlock demo-daemon')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.1" }'))
  const refused = await project.converge(['--yes'])
  assert.is(refused.exitCode, 1)
  assert.match(refused.stdout, 'the package demo-daemon is held at version 1.0-1')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.1", hold: true }'))
  await converges()
  assert.match((await onHost('dnf', 'cat /etc/dnf/plugins/versionlock.list')).stdout, 'demo-daemon-0:1.1-1')
  assert.match((await onHost('zypper', 'cat /etc/zypp/locks')).stdout, 'solvable_name: demo-daemon')
  await onBoth('rpm -q --qf "%{EVR}" demo-daemon', '1.1-1')
  await project.write('cluster.yaml', spec('package: { name: demo-daemon, version: "1.0", hold: false }'))
  await converges()
  await onBoth(
    'rpm -q --qf "%{EVR}" demo-daemon; cat /etc/dnf/plugins/versionlock.list /etc/zypp/locks 2>/dev/null | grep demo',
    '1.0-1',
  )
})

test('waits for the lock of rpm, and says who has it if that takes too long', async () => {
  const { inspect, packages, apply } = hostLibrary()
  for (const manager of Object.keys(managers) as Manager[]) {
    await onHost(manager, 'rpm -e other')
    const holding = onHost(
      manager,
      `perl -e 'use Fcntl; open my $f, ">>", "/var/lib/rpm/.rpm.lock"; my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; open my $m, ">", "/run/held"; close $m; sleep 5'`,
    )
    await onHost(manager, 'until [ -e /run/held ]; do sleep 0.1; done')
    const program = `${inspect}\n${packages}\n${apply}\nPACKAGES_WAIT=1\ninstall_packages no no other '' ''\n`
    await writeFile((await openLab()).path(managers[manager], '/root/wait.sh'), program)
    const impatient = await onHost(manager, 'sh /root/wait.sh 2>&1')
    assert.match(impatient.stdout, /process \d+ \(perl\) has held the lock/)
    assert.is(impatient.exitCode, 1)
    await onHost(manager, "sed -i 's/PACKAGES_WAIT=1$/PACKAGES_WAIT=60/' /root/wait.sh")
    const patient = await onHost(manager, 'sh /root/wait.sh 2>&1')
    assert.is(patient.exitCode, 0, patient.stdout)
    assert.is((await holding).exitCode, 0)
  }
})

test('completes what an interrupted transaction left before the next one', async () => {
  const torn = (version: string, post: string) => ({ name: 'torn', version, post })
  await repository.publish([torn('1.0-1', ':')])
  await onBoth('rm -rf /var/cache/dnf/* /var/cache/zypp/*', '')
  await project.write('cluster.yaml', spec('package: { name: torn }'))
  await converges()
  await repository.publish([torn('1.0-1', ':'), torn('1.1-1', 'kill -KILL $PPID')])
  await onBoth('rm -rf /var/cache/dnf/* /var/cache/zypp/*', '')
  await project.write('cluster.yaml', spec('package: { name: torn, version: "1.1" }'))
  await project.converge(['--yes'])
  await onBoth('rpm -q --qf "%{EVR} " torn', '1.0-1 1.1-1 ')
  await project.write(
    'cluster.yaml',
    spec('package: { name: torn, version: "1.1" }\n      - package: { name: demo-daemon, version: "1.1" }'),
  )
  await converges()
  await onBoth('rpm -q --qf "%{EVR} " torn demo-daemon', '1.1-1 1.1-1 ')
  await onBoth('cat /etc/torn.conf', 'version 1.1\n')
})

test('names a package that does not exist before anything is changed, and of several the one that fails', async () => {
  await project.write(
    'cluster.yaml',
    spec('package: { name: no-such-thing }\n      - file: { path: /etc/after, content: x }'),
  )
  const refused = await project.converge(['--dry-run', '--allow-prune'])
  assert.is(refused.exitCode, 1)
  assert.match(refused.stdout, 'the package lists of the host have no package no-such-thing')

  await repository.publish([{ name: 'broken', version: '1.0-1', needs: 'nothing-that-exists' }])
  await onBoth('rpm -e other; rm -rf /var/cache/dnf/* /var/cache/zypp/*', '')
  await project.write(
    'cluster.yaml',
    spec(
      'package: { name: other }\n      - package: { name: broken }\n      - file: { path: /etc/after, content: x }',
    ),
  )
  const failed = await project.converge(['--yes', '--allow-prune'])
  assert.is(failed.exitCode, 1)
  assert.match(failed.stdout, 'package[broken]')
  await onBoth('rpm -q --qf "%{EVR} " other; ls /etc/after 2>/dev/null', '2:3.0-1 ')
})

test('installs what a key has signed, and not what another key has signed', async () => {
  const own = await createSigningKey('own')
  const other = await createSigningKey('other')
  try {
    await repository.publish([{ name: 'signed-demo', version: '1.0-1' }], own)
    await onBoth(
      `rm -rf /etc/pki/rpm-gpg /var/cache/dnf/* /var/cache/zypp/* /etc/yum.repos.d/lab.repo /etc/zypp/repos.d/lab.repo`,
      '',
    )
    for (const [manager, os] of [
      ['dnf', 'fedora'],
      ['zypper', 'opensuse-leap'],
    ] as const)
      await onHost(manager, `rm -f /etc/os-release; echo ID=${os} >/etc/os-release`)
    const signed = (key: string): string => {
      const declared = { name: 'signed', url, key, signedLists: true }
      return spec(`packageRepository: ${JSON.stringify(declared)}\n      - package: { name: signed-demo }`, [
        'fedora',
        'opensuse-leap',
      ])
    }
    await project.write('cluster.yaml', signed(other.key))
    const refused = await project.converge(['--yes', '--allow-prune'])
    assert.is(refused.exitCode, 1)
    await onBoth('rpm -q --qf "%{VERSION}" signed-demo', 'package signed-demo is not installed\n')
    await project.write('cluster.yaml', signed(own.key))
    await converges()
    await onBoth('rpm -q --qf "%{VERSION}" signed-demo', '1.0')
    const again = await project.converge(['--dry-run', '--exit-code'])
    assert.is(again.exitCode, 0, again.stdout + again.stderr)
  } finally {
    await own.remove()
    await other.remove()
  }
})

test.run()

/** Runs a line of shell on the host. */
async function onHost(manager: Manager, command: string, timeoutMs?: number) {
  return (await openLab()).run(managers[manager], command, timeoutMs)
}

async function onBoth(command: string, expected: string): Promise<void> {
  for (const manager of Object.keys(managers) as Manager[]) {
    const { stdout, stderr } = await onHost(manager, command)
    assert.is(stdout, expected, `${manager}: ${stderr}`)
  }
}

async function converges(): Promise<void> {
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
}

function repositoryFile(): string {
  return `[lab]\nname=lab\nbaseurl=${url}\nenabled=1\ngpgcheck=0\n`
}

function spec(resource: string, systems: readonly string[] = []): string {
  const opened = lab
  if (opened === undefined) throw new Error('the lab is not open')
  const host = (name: string, index: number): string => `
  ${name}:
    address: ${opened.address(name)}${systems[index] === undefined ? '' : `\n    platform: { os: ${systems[index]} }`}
    resources:
      - ${resource}`
  return `cluster: packages
${labSsh(opened, 'root')}
hosts:${Object.values(managers).map(host).join('')}
`
}

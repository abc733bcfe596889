import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const SYSTEMCTL = fileURLToPath(new URL('../../src/embedded/bin/systemctl', import.meta.url))
const UNIT = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n'
const SHELLS = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([name = '']) => spawnSync('/bin/sh', ['-c', `command -v ${name}`]).status === 0,
)

for (const shell of SHELLS) {
  const test = suite<{ root: string }>(`systemctl under ${shell.join(' ')}`)

  test.before.each((context) => {
    context.root = mkdtempSync(join(tmpdir(), 'converge test '))
    mkdirSync(join(context.root, 'etc/systemd/system'), { recursive: true })
  })
  test.after.each(({ root }) => rmSync(root, { recursive: true }))

  const systemctl = (root: string, ...words: string[]) => {
    const [command = '', ...options] = shell
    const child = spawnSync(command, [...options, SYSTEMCTL, ...words], {
      env: { ...process.env, CONVERGE_ROOT: root },
      encoding: 'utf8',
    })
    return { status: child.status, stdout: child.stdout, stderr: child.stderr }
  }
  const quiet = { status: 0, stdout: '', stderr: '' }
  const put = (root: string, path: string, content: string) => {
    const full = join(root, 'etc/systemd/system', path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
  }
  const states = (root: string, ...units: string[]) =>
    systemctl(root, 'show', '-p', 'LoadState,ActiveState,UnitFileState,NeedDaemonReload', '--', ...units)
      .stdout

  test('shows a block of properties per unit, a blank line between', ({ root }) => {
    put(root, 'etcd.service', UNIT)
    assert.is(
      systemctl(root, 'show', '--property=Id,LoadState', '-p', 'ActiveState', 'etcd.service', 'nope').stdout,
      'Id=etcd.service\nLoadState=loaded\nActiveState=inactive\n\nId=nope.service\nLoadState=not-found\nActiveState=inactive\n',
    )
  })

  test('starts, restarts, reloads and stops a unit and logs each', ({ root }) => {
    put(root, 'etcd.service', UNIT)
    for (const verb of ['start', 'start', 'restart', 'reload']) {
      assert.equal(systemctl(root, verb, '--no-block', 'etcd.service'), quiet)
      assert.equal(systemctl(root, 'is-active', 'etcd.service'), { ...quiet, stdout: 'active\n' })
    }
    assert.equal(systemctl(root, 'stop', 'etcd'), quiet)
    assert.equal(systemctl(root, 'is-active', 'etcd'), { status: 3, stdout: 'inactive\n', stderr: '' })
    assert.is(
      readFileSync(join(root, 'var/log/embedded-systemctl.log'), 'utf8'),
      'start etcd.service\nstart etcd.service\nrestart etcd.service\nreload etcd.service\nstop etcd.service\n',
    )
  })

  test('refuses to start, enable or stop a unit that has no file', ({ root }) => {
    assert.equal(systemctl(root, 'start', 'nope.service'), {
      status: 5,
      stdout: '',
      stderr: 'Failed to start nope.service: Unit nope.service not found.\n',
    })
    assert.equal(systemctl(root, 'enable', 'nope.service'), {
      status: 1,
      stdout: '',
      stderr: 'Failed to enable unit: Unit file nope.service does not exist.\n',
    })
    assert.is(systemctl(root, 'stop', 'nope.service').status, 5)
    assert.not.ok(existsSync(join(root, 'var/log/embedded-systemctl.log')))
  })

  test('enables, disables and knows static units', ({ root }) => {
    put(root, 'etcd.service', UNIT)
    put(root, 'helper.service', '[Service]\nExecStart=/bin/true\n')
    const fileStates = () =>
      systemctl(root, 'show', '-p', 'UnitFileState', '--value', 'etcd', 'helper', 'nope').stdout
    assert.is(fileStates(), 'disabled\n\nstatic\n\n\n')
    systemctl(root, 'enable', '--now', 'etcd.service')
    assert.is(fileStates(), 'enabled\n\nstatic\n\n\n')
    assert.is(systemctl(root, 'is-enabled', 'etcd').stdout, 'enabled\n')
    assert.is(systemctl(root, 'is-active', 'etcd').stdout, 'active\n')
    systemctl(root, 'disable', 'etcd.service')
    assert.is(fileStates(), 'disabled\n\nstatic\n\n\n')
  })

  test('masks and unmasks', ({ root }) => {
    assert.equal(systemctl(root, 'mask', 'etcd.service'), quiet)
    assert.is(readlinkSync(join(root, 'etc/systemd/system/etcd.service')), '/dev/null')
    assert.match(states(root, 'etcd'), /^LoadState=masked\nActiveState=inactive\nUnitFileState=masked\n/)
    assert.is(
      systemctl(root, 'start', 'etcd').stderr,
      'Failed to start etcd.service: Unit etcd.service is masked.\n',
    )
    assert.equal(systemctl(root, 'unmask', 'etcd.service'), quiet)
    assert.match(states(root, 'etcd'), /^LoadState=not-found\n/)
    put(root, 'own.service', UNIT)
    assert.is(systemctl(root, 'mask', 'own.service').status, 1)
  })

  test('needs a reload when a unit file or a drop-in changed since the last one', ({ root }) => {
    const reload = () => systemctl(root, 'show', '-p', 'NeedDaemonReload', 'etcd').stdout
    put(root, 'etcd.service', UNIT)
    systemctl(root, 'start', 'etcd.service')
    assert.is(reload(), 'NeedDaemonReload=no\n')
    put(root, 'etcd.service', `${UNIT}# changed\n`)
    assert.is(reload(), 'NeedDaemonReload=yes\n')
    assert.equal(systemctl(root, 'daemon-reload'), quiet)
    assert.is(reload(), 'NeedDaemonReload=no\n')
    put(root, 'etcd.service.d/10-heartbeat.conf', '[Service]\nEnvironment=A=1\n')
    assert.is(reload(), 'NeedDaemonReload=yes\n')
    systemctl(root, '--no-reload', 'enable', 'etcd.service')
    assert.is(reload(), 'NeedDaemonReload=yes\n')
    systemctl(root, 'enable', 'etcd.service')
    assert.is(reload(), 'NeedDaemonReload=no\n')
  })

  test('finds the template of an instance', ({ root }) => {
    put(root, 'test@.service', UNIT)
    assert.match(states(root, 'test@1.service'), /^LoadState=loaded\n/)
  })

  test('leaves a oneshot inactive unless it remains', ({ root }) => {
    put(root, 'once.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n')
    put(root, 'stays.service', '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n')
    systemctl(root, 'start', 'once', 'stays')
    assert.match(states(root, 'once'), /ActiveState=inactive/)
    assert.match(states(root, 'stays'), /ActiveState=active/)
  })

  test('fails to start what is declared broken', ({ root }) => {
    put(root, 'etcd.service', UNIT)
    mkdirSync(join(root, 'run/embedded-systemd'), { recursive: true })
    writeFileSync(join(root, 'run/embedded-systemd/broken'), 'etcd.service\n')
    assert.is(systemctl(root, 'restart', 'etcd.service').status, 1)
    assert.is(systemctl(root, 'is-failed', 'etcd.service').stdout, 'failed\n')
    systemctl(root, 'reset-failed', 'etcd.service')
    assert.is(systemctl(root, 'is-active', 'etcd.service').stdout, 'inactive\n')
  })

  test('can reload only what is active', ({ root }) => {
    put(root, 'etcd.service', UNIT)
    assert.equal(systemctl(root, 'reload', 'etcd.service'), {
      status: 1,
      stdout: '',
      stderr: 'etcd.service is not active, cannot reload.\n',
    })
    assert.equal(systemctl(root, 'reload-or-restart', 'etcd.service'), quiet)
  })

  test('says what it is, and refuses to touch the machine itself', ({ root }) => {
    assert.is(systemctl(root, '--version').stdout, 'embedded stand-in for systemctl (converge)\n')
    assert.throws(
      () => execFileSync(SYSTEMCTL, ['daemon-reload'], { env: { PATH: process.env.PATH }, stdio: 'pipe' }),
      /CONVERGE_ROOT is not set/,
    )
  })

  test.run()
}

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Operation } from '../../../src/model/operation.ts'
import { describeOperation } from '../../../src/report/plan/describe-operation.ts'
import { content, facts, write } from '../sample-plan.ts'

const root = { owner: 'root', group: 'root' }
const sha256 = content('x').sha256
const cases: readonly (readonly [Operation, string])[] = [
  [write('/etc/motd', 'hello\n'), 'write /etc/motd (0644 root:root, 6 bytes)'],
  [
    { ...write('/etc/key', 'k'), mode: '0600', sensitive: true },
    'write /etc/key (0600 root:root, sensitive)',
  ],
  [
    { ...write('/etc/sudoers.d/ops', 'x'), mode: '0440', validate: 'visudo -cf {}' },
    'write /etc/sudoers.d/ops (0440 root:root, 1 byte, checked with `visudo -cf {}`)',
  ],
  [{ op: 'mkdir', path: '/etc/etcd', mode: '0755', ...root }, 'create directory /etc/etcd (0755 root:root)'],
  [{ op: 'attributes', path: '/etc/motd', mode: '0600', ...root }, 'set /etc/motd to 0600 root:root'],
  [
    { op: 'link', path: '/usr/local/bin/etcd', target: '/opt/etcd/etcd' },
    'link /usr/local/bin/etcd -> /opt/etcd/etcd',
  ],
  [{ op: 'remove', path: '/etc/old', recursive: false }, 'remove /etc/old'],
  [
    { op: 'restore', path: '/etc/motd', kept: 'kept/1', sha256, mode: '0644', ...root },
    'restore /etc/motd (0644 root:root)',
  ],
  [
    { op: 'restore', path: '/etc/key', kept: 'kept/1', sha256, mode: '0600', ...root, sensitive: true },
    'restore /etc/key (0600 root:root, sensitive)',
  ],
  [{ op: 'remove', path: '/opt/old', recursive: true }, 'remove /opt/old and everything in it'],
  [{ op: 'group', name: 'etcd', gid: 990, system: true }, 'set group etcd (gid 990, system)'],
  [
    {
      op: 'user',
      name: 'etcd',
      system: true,
      createHome: true,
      uid: 990,
      group: 'etcd',
      groups: ['adm', 'tls'],
      home: '/var/lib/etcd',
      shell: '/usr/sbin/nologin',
      comment: 'etcd daemon',
    },
    'set user etcd (uid 990, group etcd, groups adm tls, home /var/lib/etcd, shell /usr/sbin/nologin, comment "etcd daemon", system, home is created)',
  ],
  [{ op: 'remove-user', name: 'old' }, 'remove user old'],
  [{ op: 'remove-group', name: 'old' }, 'remove group old'],
  [{ op: 'package', packages: [{ name: 'curl' }], autostart: false, update: false }, 'install package curl'],
  [
    {
      op: 'package',
      packages: [{ name: 'curl' }, { name: 'jq', version: '1.6' }],
      autostart: true,
      update: true,
    },
    'install packages curl, jq=1.6 (refresh old package lists first, daemons may start)',
  ],
  [{ op: 'remove-package', packages: ['a', 'b'] }, 'remove packages a, b'],
  [
    { op: 'archive', url: 'https://example.com/e.tar.gz', sha256, path: '/opt/e', strip: 1 },
    'extract https://example.com/e.tar.gz to /opt/e (sha256 2d711642b726, strip 1)',
  ],
  [
    {
      op: 'download',
      url: 'https://example.com/jq',
      sha256,
      path: '/usr/local/bin/jq',
      mode: '0755',
      ...root,
    },
    'download https://example.com/jq to /usr/local/bin/jq (sha256 2d711642b726, 0755 root:root)',
  ],
  [
    {
      op: 'checkout',
      url: 'https://example.com/app.git',
      commit: '0123456789abcdef0123456789abcdef01234567',
      path: '/srv/app',
      owner: 'app',
      group: 'app',
    },
    'check out 0123456789ab of https://example.com/app.git to /srv/app (app:app)',
  ],
  [{ op: 'unit', unit: 'etcd.service', action: 'restart' }, 'restart etcd.service'],
  [
    { op: 'unit', unit: 'etcd.service', action: 'start', noBlock: true },
    'start etcd.service without waiting for it',
  ],
  [{ op: 'daemon-reload' }, 'reload the unit files (systemctl daemon-reload)'],
  [{ op: 'run', command: 'true', timeoutSeconds: 60 }, 'run `true`'],
  [
    {
      op: 'run',
      command: 'a\nb',
      cwd: '/srv',
      user: 'app',
      environment: { A: '1', B: '2' },
      timeoutSeconds: 60,
    },
    'run `a\\nb` (as app, in /srv, with A, B)',
  ],
  [
    { op: 'run', command: 'a', environment: { A: '1' }, sensitive: true, timeoutSeconds: 60 },
    'run `a` (with A, sensitive)',
  ],
  [
    { op: 'await', command: 'curl -f x', timeoutSeconds: 30 },
    'wait until `curl -f x` succeeds (at most 30 s)',
  ],
  [{ op: 'reboot', boot: 'b', timeoutSeconds: 600 }, 'reboot (back within 600 s)'],
  [
    { op: 'reboot', boot: 'b', window: '22:00-04:00', timeoutSeconds: 60 },
    'reboot (between 22:00 and 04:00 UTC, back within 60 s)',
  ],
]

for (const [operation, words] of cases) {
  test(`says "${words}"`, () => {
    assert.is(describeOperation(operation), words)
  })
}

test('says create or change where the facts tell whether the user is there', () => {
  const user: Operation = { op: 'user', name: 'etcd', system: false, createHome: false }
  const there = { uid: 1, gid: 1, comment: '', home: '/', shell: '/bin/sh', groups: [], group: 'etcd' }
  assert.is(describeOperation(user, { ...facts, users: { etcd: null } }), 'create user etcd')
  assert.is(describeOperation(user, { ...facts, users: { etcd: there } }), 'change user etcd')
})

test.run()

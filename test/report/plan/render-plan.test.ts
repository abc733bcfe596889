import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostPlan, Plan } from '../../../src/model/plan.ts'
import { renderPlan } from '../../../src/report/plan/render-plan.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import {
  change,
  facts,
  fileChange,
  plan,
  planned,
  refused,
  restartChange,
  wave,
  write,
} from '../sample-plan.ts'

function render(of: Plan, verbose = false): string {
  return renderPlan({ plan: of, style: createStyle({ color: false }), verbose })
}

const envFile = '/etc/etcd/etcd.env'
const heartbeat = { before: 'A=1\nH=100\n', after: 'A=1\nH=250\n' }

test('shows the same changes on many hosts once, and counts unchanged hosts', () => {
  const changes = [fileChange(envFile, heartbeat), restartChange]
  const hosts = [planned('infra0', changes), planned('infra1', []), planned('infra2', changes)]
  assert.is(
    render(plan(hosts)),
    `infra[0,2]
  write /etc/etcd/etcd.env (0644 root:root, 10 bytes)
    file[/etc/etcd/etcd.env]: content will change
    @@ -1,2 +1,2 @@
     A=1
    -H=100
    +H=250
  restart etcd.service
    unit[etcd.service]: notified by file[/etc/etcd/etcd.env]

3 hosts: 2 to change, 1 unchanged; 4 changes, 2 restarts
`,
  )
})

test('shows a hunk that differing hosts share once, with all of them named', () => {
  const hosts = [
    planned('infra0', [fileChange(envFile, heartbeat)]),
    planned('infra1', [fileChange(envFile, heartbeat), restartChange]),
  ]
  assert.is(
    render(plan(hosts)),
    `infra0
  write /etc/etcd/etcd.env (0644 root:root, 10 bytes)
    file[/etc/etcd/etcd.env]: content will change
    @@ -1,2 +1,2 @@ on infra[0-1]
     A=1
    -H=100
    +H=250

infra1
  write /etc/etcd/etcd.env (0644 root:root, 10 bytes)
    file[/etc/etcd/etcd.env]: content will change
    @@ -1,2 +1,2 @@ as shown above
  restart etcd.service
    unit[etcd.service]: notified by file[/etc/etcd/etcd.env]

2 hosts: 2 to change; 3 changes, 1 restart
`,
  )
})

test('shows hosts with the same steps together, and only what differs for each', () => {
  const own = (host: string) =>
    fileChange('/etc/app.conf', { before: 'host = ?\n', after: `host = ${host}\n` })
  const motd = fileChange('/etc/motd', { after: 'hi\n' })
  const hosts = ['web8', 'web9', 'web10'].map((host) => planned(host, [own(host), motd]))
  assert.is(
    render(plan(hosts)),
    `web[8-10]
  write /etc/app.conf (0644 root:root, 12 bytes) on web[8-9]
  write /etc/app.conf (0644 root:root, 13 bytes) on web10
    file[/etc/app.conf]: content will change
    @@ -1 +1 @@ <host> is the name of each
    -host = ?
    +host = <host>
  write /etc/motd (0644 root:root, 3 bytes)
    file[/etc/motd]: content will change
    @@ -0,0 +1 @@
    +hi

3 hosts: 3 to change; 6 changes
`,
  )
})

test('marks a name only if it is the own one of each host', () => {
  const of = (host: string, text: string) =>
    planned(host, [fileChange('/etc/app.conf', { before: '?\n', after: `${text}\n` })])
  const shown = render(plan([of('a', 'x a/a.z a-b'), of('b', 'x b/b.z a-b'), of('c', 'x c/a.z a-b')]))
  assert.match(shown, '+x <host>/<host>.z a-b')
  assert.match(shown, '@@ -1 +1 @@ on c\n    -?\n    +x c/a.z a-b\n')
})

test('shows one diff for files that differ by the address of each host, and by its name', () => {
  const addresses = { a: '192.0.2.1', b: '192.0.2.10', c: 'c.example', d: '2001:db8::1', e: '2001:db8::2' }
  const of = (host: keyof typeof addresses, text: string) =>
    planned(host, [fileChange('/etc/app.conf', { before: '?\n', after: `${text}\n` })])
  const shown = render({
    ...plan([
      of('a', 'http://192.0.2.1:2379 1192.0.2.1 a.'),
      of('b', 'http://192.0.2.10:2379 1192.0.2.1 b.'),
      of('c', 'http://c.example:2379 1192.0.2.1 c.'),
      of('d', '[2001:db8::1]:2379 2001:db8::12'),
      of('e', '[2001:db8::2]:2379 2001:db8::12'),
    ]),
    addresses,
  })
  const both = '<host> is the name of each, <address> is the address of each'
  assert.match(shown, `@@ -1 +1 @@ ${both} on a, b, c\n`)
  assert.match(shown, '+http://<address>:2379 1192.0.2.1 <host>.\n')
  assert.match(shown, '@@ -1 +1 @@ <address> is the address of each on d, e\n')
  assert.match(shown, '+[<address>]:2379 2001:db8::12\n')
})

test('folds the changes that hosts of several roles have in common, and shows them all if verbose', () => {
  const base = ['/etc/a', '/etc/b'].map((path) => fileChange(path, { after: 'same\n' }))
  const hosts = plan([planned('db', base), planned('web', [restartChange, ...base])])
  assert.match(
    render(hosts),
    `web
  restart etcd.service
    unit[etcd.service]: notified by file[/etc/etcd/etcd.env]
  2 changes as shown above on db
`,
  )
  assert.match(render(hosts, true), /web\n[\s\S]*write \/etc\/b/)
})

test('gives one line per change with its hosts, and what failed', () => {
  const own = (host: string) => fileChange('/etc/app.conf', { after: `host = ${host}\n` })
  const hosts = ['web9', 'web10'].map((host) => planned(host, [own(host), restartChange]))
  const failed = { host: 'db', status: 'failed', error: refused } as const
  const text = renderPlan({
    plan: plan([...hosts, failed]),
    style: createStyle({ color: false }),
    verbose: false,
    stat: true,
  })
  assert.is(
    text,
    `write /etc/app.conf (0644 root:root) on web[9-10]
restart etcd.service on web[9-10]

db
  unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
    cause: connect ECONNREFUSED
    remedy: Check that sshd runs and that the address is right.

3 hosts: 2 to change, 1 unreachable; 4 changes, 2 restarts
`,
  )
})

test('says that a change is decided on the host, that content is not shown, and what to know', () => {
  const guarded = change(
    { ...write('/etc/key', 'k'), sensitive: true },
    {
      resource: 'file[/etc/key]',
      guard: { onlyIf: 'test -e /a', unless: 'test -e /b' },
      diff: { path: '/etc/key', omitted: 'sensitive' },
    },
  )
  assert.is(
    render(plan([planned('db', [guarded], ['ownership is left alone: not root'])])),
    `db
  write /etc/key (0644 root:root, sensitive)
    file[/etc/key]: content will change
    decided on host: only if \`test -e /a\` and unless \`test -e /b\`
    sensitive: content is not shown
  note: ownership is left alone: not root

1 host: 1 to change; 1 change
`,
  )
})

test('names hosts that failed, with cause and remedy', () => {
  assert.is(
    render(plan([planned('infra0', []), { host: 'infra1', status: 'failed', error: refused }])),
    `infra1
  unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
    cause: connect ECONNREFUSED
    remedy: Check that sshd runs and that the address is right.

2 hosts: 1 unchanged, 1 unreachable
`,
  )
})

test('shows waves, gates and bootstraps', () => {
  const hosts = ['infra0', 'infra1', 'infra2'].map((host) => planned(host, [restartChange]))
  const members = ['infra1', 'infra2'].map((host) => ({
    host,
    unit: 'etcd.service',
    healthy: 'etcdctl endpoint health',
  }))
  const gates = [{ group: 'etcd', members, maxUnavailable: 1, timeoutSeconds: 60 }]
  const waves = [wave(['infra0'], { gates }), wave(['infra1', 'infra2'], { bootstrap: ['infra1', 'infra2'] })]
  const text = render(plan(hosts, waves))
  assert.match(
    text,
    `wave 1 of 2: infra0
  etcd: at most 1 unavailable; starts only if the others are healthy:
    infra[1-2]: \`etcdctl endpoint health\` succeeds
wave 2 of 2: infra[1-2]
  bootstrap: infra[1-2] start together and wait for each other
`,
  )
})

test('says of a member that starts alone that it was down, and of no bootstrap', () => {
  const text = render(
    plan([planned('infra1', [restartChange])], [wave(['infra1'], { bootstrap: ['infra1'] })]),
  )
  assert.match(text, 'wave 1 of 1: infra1\n  infra1 starts at once: its member is down\n')
})

test('says nothing of a single wave without gates', () => {
  assert.not.match(render(plan([planned('infra0', [restartChange])])), 'wave')
})

test('names unchanged hosts when verbose', () => {
  assert.is(
    render(plan([planned('a', []), planned('b', [])]), true),
    'a, b unchanged\n\n2 hosts: 2 unchanged\n',
  )
})

test('shows held hosts and counts them apart from unchanged ones', () => {
  const held: HostPlan = { host: 'infra1', status: 'held', held: 'ann since today', facts }
  assert.is(
    render(plan([planned('infra0', []), held])),
    'infra1 held\n' +
      '  note: held after a rollback by ann since today: skipped until its spec changes, or with --release\n\n' +
      '2 hosts: 1 unchanged, 1 held\n',
  )
})

test('says who caused a difference', () => {
  const both = { ...fileChange(envFile, heartbeat), cause: 'spec and host changed' } as const
  assert.match(
    render(plan([planned('infra0', [both])])),
    '    file[/etc/etcd/etcd.env]: content will change (spec and host changed)\n',
  )
})

test('lets no control character of a host or a file through', () => {
  const hostile = fileChange('/etc/\x1b]0;x\x07', { before: 'a\x1b[2J\n', after: 'b\u202e\n' })
  const text = render(plan([planned('infra0', [{ ...hostile, reason: 'r\x1b[0m' }], ['n\r\x1b[A'])]))
  assert.not(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(text))
})

test.run()

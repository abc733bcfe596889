import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { command, directory, file, group, link, unit, user } from '../../../src/dsl.ts'
import type { Progress } from '../../../src/model/report.ts'
import type { Resource } from '../../../src/model/resource.ts'
import { planDocument } from '../../../src/report/json/plan.ts'
import { changesOf, type Fleet, startFleet, words } from '../fleet.ts'

const test = onHosts('what a host remembers', ['a'])
const pair = onHosts('what two hosts remember', ['a', 'b'])

function onHosts(name: string, hosts: readonly string[]) {
  const made = suite<{ fleet: Fleet }>(name)
  made.before.each(async (context) => {
    context.fleet = await startFleet(hosts)
  })
  made.after.each(({ fleet }) => fleet.close())
  return made
}

function service(greeting: string): readonly Resource[] {
  const configuration = file({ path: '/etc/app.conf', content: `greeting = ${greeting}\n`, mode: '0640' })
  const app = unit({
    name: 'app.service',
    content: { Service: { ExecStart: '/usr/bin/app' }, Install: { WantedBy: 'multi-user.target' } },
    enabled: true,
    started: true,
    restartOn: [configuration],
  })
  return [configuration, app]
}

test('prunes what was removed from the spec: stops and disables the unit, then removes the files', async ({
  fleet,
}) => {
  await fleet.converge([...service('hello'), directory({ path: '/srv/app' })])
  fleet.actions('a')
  const { plan, report } = await fleet.converge([directory({ path: '/srv/other' })])
  assert.equal(words(changesOf(plan, 'a')), [
    'stop app.service',
    'disable app.service',
    'mkdir /srv/other',
    'remove /srv/app',
    'remove /etc/systemd/system/app.service',
    'remove /etc/app.conf',
    'daemon-reload',
  ])
  assert.equal(
    report.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.equal(fleet.actions('a'), ['stop app.service', 'disable app.service', 'daemon-reload'])
  assert.is(fleet.read('a', '/etc/app.conf'), undefined)
  const again = await fleet.converge([directory({ path: '/srv/other' })])
  assert.equal(changesOf(again.plan, 'a'), [])
})

pair('gives what it adopted its original back', async ({ fleet }) => {
  writeFileSync(fleet.path('a', '/etc/motd'), 'the distribution\n')
  chmodSync(fleet.path('a', '/etc/motd'), 0o600)
  await fleet.converge([
    file({ path: '/etc/motd', content: 'ours\n' }),
    file({ path: '/etc/x', content: 'x' }),
  ])
  await fleet.converge([
    file({ path: '/etc/motd', content: 'ours again\n' }),
    file({ path: '/etc/x', content: 'x' }),
  ])
  const { plan } = await fleet.converge([file({ path: '/etc/x', content: 'x' })])
  assert.equal(words(changesOf(plan, 'a')), ['restore /etc/motd'])
  assert.equal(words(changesOf(plan, 'b')), ['remove /etc/motd'])
  assert.is(fleet.read('a', '/etc/motd'), 'the distribution\n')
  assert.is(fleet.read('b', '/etc/motd'), undefined)
})

test('what was sensitive is not shown either when the spec calls it so no more', async ({ fleet }) => {
  await fleet.converge([file({ path: '/etc/token', content: 'secret-1\n', sensitive: true })])
  const { plan } = await fleet.converge([file({ path: '/etc/token', content: 'public\n' })])
  const [change] = changesOf(plan, 'a')
  assert.equal(change?.diff, { path: '/etc/token', omitted: 'sensitive' })
  assert.not.match(JSON.stringify(planDocument(plan, 'apply')), 'secret-1')
  const later = await fleet.converge([file({ path: '/etc/token', content: 'other\n' })])
  assert.equal(changesOf(later.plan, 'a')[0]?.diff, {
    path: '/etc/token',
    shown: { before: 'public\n', after: 'other\n' },
  })
})

test('keeps what is at a path where it could not create anything', async ({ fleet }) => {
  await fleet.converge([
    file({ path: '/etc/x', content: 'x' }),
    command({
      name: 'in the way',
      command: 'mkdir -p "$CONVERGE_ROOT/srv/app/mine"',
      creates: '/srv/app/mine',
    }),
    link({ path: '/srv/app', target: '/opt/app' }),
  ])
  assert.ok(existsSync(fleet.path('a', '/srv/app/mine')))
  const { plan } = await fleet.converge([file({ path: '/etc/x', content: 'x' })])
  assert.equal(words(changesOf(plan, 'a')), [])
  const [a] = plan.hosts
  assert.equal(a?.status === 'planned' && a.notes, [
    'kept /srv/app: it is no longer what converge created for link[/srv/app]',
  ])
  assert.ok(existsSync(fleet.path('a', '/srv/app/mine')))
})

test('leaves what it never touched', async ({ fleet }) => {
  mkdirSync(fleet.path('a', '/srv/data'), { recursive: true })
  chmodSync(fleet.path('a', '/srv/data'), 0o755)
  await fleet.converge([directory({ path: '/srv/data' }), file({ path: '/etc/x', content: 'x' })])
  const { plan } = await fleet.converge([file({ path: '/etc/x', content: 'x' })])
  assert.equal(words(changesOf(plan, 'a')), [])
  assert.ok(existsSync(fleet.path('a', '/srv/data')))
})

pair(
  'keeps accounts, but for those that say otherwise, and directories that others use',
  async ({ fleet }) => {
    const accounts = [
      group({ name: 'stays' }),
      group({ name: 'goes', prune: true }),
      user({ name: 'gone', group: 'goes', prune: true }),
    ]
    await fleet.converge([...accounts, directory({ path: '/srv/shared' })])
    writeFileSync(fleet.path('a', '/srv/shared/theirs'), '')
    const { report } = await fleet.converge([])
    assert.equal(
      report.hosts.map(({ status }) => status),
      ['changed', 'changed'],
    )
    assert.match(fleet.read('a', '/etc/group') ?? '', /^stays:/m)
    assert.not.match(fleet.read('a', '/etc/group') ?? '', /^goes:/m)
    assert.not.match(fleet.read('a', '/etc/passwd') ?? '', /^gone:/m)
    assert.ok(existsSync(fleet.path('a', '/srv/shared/theirs')))
    assert.not(existsSync(fleet.path('b', '/srv/shared')))
    assert.equal(changesOf((await fleet.converge([])).plan, 'a'), [])
  },
)

test('prunes nothing with prune off', async ({ fleet }) => {
  await fleet.converge([file({ path: '/etc/x', content: 'x' })])
  const session = fleet.session([])
  assert.equal(changesOf(await session.plan({ prune: false, release: false }), 'a'), [])
  assert.equal(words(changesOf(await session.plan(), 'a')), ['remove /etc/x'])
  await session.close()
})

test('refuses what another cluster owns', async ({ fleet }) => {
  await fleet.converge([file({ path: '/etc/x', content: 'x' })], 'one')
  const { plan } = await fleet.converge([file({ path: '/etc/x', content: 'y' })], 'two')
  const [host] = plan.hosts
  assert.is(host?.status, 'failed')
  assert.is(
    host?.status === 'failed' && host.error.message,
    'file[/etc/x]: /etc/x belongs to file[/etc/x] of the cluster one',
  )
  assert.is(fleet.read('a', '/etc/x'), 'x')
})

test('says whether the spec or the host caused a difference', async ({ fleet }) => {
  const resources = (content: string) => [
    file({ path: '/etc/x', content }),
    file({ path: '/etc/y', content }),
  ]
  await fleet.converge(resources('one\n'))
  appendFileSync(fleet.path('a', '/etc/x'), 'by hand\n')
  const causes = async (content: string) => {
    const session = fleet.session(resources(content))
    const plan = await session.plan()
    await session.close()
    return changesOf(plan, 'a').map(({ resource, cause }) => [resource, cause])
  }
  assert.equal(await causes('one\n'), [['file[/etc/x]', 'host changed']])
  assert.equal(await causes('two\n'), [
    ['file[/etc/x]', 'spec and host changed'],
    ['file[/etc/y]', 'spec changed'],
  ])
})

test('names no cause for consequences of a change, and names a hand edit of what was removed from the spec', async ({
  fleet,
}) => {
  await fleet.converge([...service('one'), file({ path: '/etc/x', content: 'x\n' })])
  appendFileSync(fleet.path('a', '/etc/x'), 'by hand\n')
  const session = fleet.session(service('two'))
  const changes = changesOf(await session.plan(), 'a')
  await session.close()
  assert.equal(
    changes.map(({ reason, cause }) => [reason, cause]),
    [
      ['content will change', 'spec changed'],
      ['notified by file[/etc/app.conf]', undefined],
      ['no longer in the spec', 'spec and host changed'],
    ],
  )
})

test('says in the history who holds a host', async ({ fleet }) => {
  await fleet.converge(service('one'))
  await fleet.converge(service('two'))
  const session = fleet.session(service('two'))
  await session.apply(await session.planRollback())
  const found = (await session.history()).get('a')
  await session.close()
  assert.match(found !== undefined && 'held' in found ? (found.held ?? '') : '', /^[0-9a-f]{32} .+ since /)
})

test('returns to the generation before, with its notifications, and is held there', async ({ fleet }) => {
  await fleet.converge(service('one'))
  await fleet.converge([...service('two'), link({ path: '/etc/app.link', target: 'app.conf' })])
  fleet.actions('a')
  const wanted = [...service('two'), link({ path: '/etc/app.link', target: 'app.conf' })]
  const session = fleet.session(wanted)
  const back = await session.planRollback()
  assert.equal(words(changesOf(back, 'a')), [
    'remove /etc/app.link',
    'restore /etc/app.conf',
    'restart app.service',
  ])
  const report = await session.apply(back)
  assert.equal(
    report.hosts.map(({ status }) => status),
    ['changed'],
  )
  await session.close()
  assert.is(fleet.read('a', '/etc/app.conf'), 'greeting = one\n')
  assert.equal(fleet.actions('a'), ['restart app.service'])

  const held = await fleet.converge(wanted)
  assert.equal(changesOf(held.plan, 'a'), [])
  const [host] = held.plan.hosts
  assert.match(host?.status === 'held' ? host.held : '', / since /)

  const released = fleet.session(wanted)
  const plan = await released.plan({ prune: true, release: true })
  assert.equal(words(changesOf(plan, 'a')), [
    'write /etc/app.conf',
    'link /etc/app.link',
    'restart app.service',
  ])
  await released.close()

  const changed = await fleet.converge(service('three'))
  assert.equal(words(changesOf(changed.plan, 'a')), ['write /etc/app.conf', 'restart app.service'])
  const after = await fleet.converge(service('three'))
  assert.equal(changesOf(after.plan, 'a'), [])
})

pair('wants more than a yes where a rollback takes much away', async ({ fleet }) => {
  const one = file({ path: '/etc/0', content: '0\n' })
  const more = [1, 2, 3].map((number) => file({ path: `/etc/${number}`, content: '0\n' }))
  await fleet.converge([one])
  await fleet.converge([one, ...more])
  await fleet.converge([one, ...more, file({ path: '/etc/4', content: '0\n' })])
  const session = fleet.session([one, ...more])
  assert.equal((await session.planRollback()).consents, [])
  assert.equal((await session.planRollback(1)).consents, [
    'a: 4 of its 5 resources will be removed',
    'b: 4 of its 5 resources will be removed',
  ])
  await session.close()
})

/** Of each change of a rollback: reason, cause, diff. */
async function told(fleet: Fleet, resources: readonly Resource[], to?: number) {
  const session = fleet.session(resources)
  const plan = await session.planRollback(to)
  await session.close()
  return changesOf(plan, 'a').map(({ reason, cause, diff }) => [reason, cause, diff])
}

test('shows what a rollback changes in a file, and which generation it undoes', async ({ fleet }) => {
  const path = '/etc/x'
  const version = (number: number) => [file({ path, content: `${number}\n` })]
  for (const number of [1, 2, 3]) await fleet.converge(version(number))
  assert.equal(await told(fleet, version(3)), [
    ['as it was before generation 3', undefined, { path, shown: { before: '3\n', after: '2\n' } }],
  ])
  assert.equal(await told(fleet, version(3), 1), [
    ['as it was before generation 2', undefined, { path, shown: { before: '3\n', after: '1\n' } }],
  ])
})

test('says that a rollback overwrites a hand edit', async ({ fleet }) => {
  const files = (content: string) => [
    file({ path: '/etc/x', content }),
    file({ path: '/etc/y', content }),
    // By its number on the host, by its name in the facts.
    file({ path: '/etc/z', content, owner: '0', group: '0' }),
  ]
  await fleet.converge(files('one\n'))
  await fleet.converge(files('two\n'))
  appendFileSync(fleet.path('a', '/etc/y'), 'by hand\n')
  const reason = 'as it was before generation 2'
  assert.equal(await told(fleet, files('two\n')), [
    [reason, undefined, { path: '/etc/z', shown: { before: 'two\n', after: 'one\n' } }],
    [reason, 'host changed', { path: '/etc/y', shown: { before: 'two\nby hand\n', after: 'one\n' } }],
    [reason, undefined, { path: '/etc/x', shown: { before: 'two\n', after: 'one\n' } }],
  ])
})

test('says that a rollback overwrites what was created by hand where a file was pruned', async ({
  fleet,
}) => {
  const path = '/etc/x'
  await fleet.converge([file({ path, content: 'x\n' }), file({ path: '/etc/y', content: 'y\n' })])
  await fleet.converge([file({ path: '/etc/y', content: 'y\n' })])
  const reason = 'as it was before generation 2'
  assert.equal(await told(fleet, []), [[reason, undefined, { path, shown: { after: 'x\n' } }]])
  writeFileSync(fleet.path('a', path), 'by hand\n')
  assert.equal(await told(fleet, []), [
    [reason, 'host changed', { path, shown: { before: 'by hand\n', after: 'x\n' } }],
  ])
})

test('shows nothing of a sensitive file that a rollback puts back, and does not ask for it', async ({
  fleet,
}) => {
  const path = '/etc/key'
  const key = (content: string, sensitive: boolean) => [file({ path, content, sensitive })]
  await fleet.converge(key('secret one\n', true))
  await fleet.converge(key('secret two\n', true))
  const session = fleet.session(key('secret two\n', true))
  const plan = await session.planRollback()
  await session.close()
  const [change] = changesOf(plan, 'a')
  assert.equal(change?.diff, { path, omitted: 'sensitive' })
  for (const secret of ['secret one', 'secret two']) assert.not.match(JSON.stringify(plan), secret)
})

test('shows nothing of a sensitive file that was removed from the spec, either', async ({ fleet }) => {
  const path = '/etc/key'
  await fleet.converge([
    file({ path, content: 'secret\n', sensitive: true }),
    file({ path: '/etc/y', content: '' }),
  ])
  await fleet.converge([file({ path: '/etc/y', content: '' })])
  const reason = 'as it was before generation 2'
  assert.equal(await told(fleet, []), [[reason, undefined, { path, omitted: 'sensitive' }]])
})

test('takes a rollback back by another one', async ({ fleet }) => {
  await fleet.converge(service('one'))
  await fleet.converge(service('two'))
  for (const expected of ['one', 'two']) {
    const session = fleet.session(service('two'))
    await session.apply(await session.planRollback())
    await session.close()
    assert.is(fleet.read('a', '/etc/app.conf'), `greeting = ${expected}\n`)
  }
})

test('undoes several generations, down to nothing at all', async ({ fleet }) => {
  for (const greeting of ['one', 'two', 'three']) await fleet.converge(service(greeting))
  const session = fleet.session(service('three'))
  const history = await session.history()
  const found = history.get('a')
  assert.equal(
    found !== undefined &&
      'generations' in found &&
      found.generations.map(({ number, changes }) => [number, changes.length]),
    [
      [3, 2],
      [2, 2],
      [1, 4],
    ],
  )
  const report = await session.apply(await session.planRollback(0))
  assert.equal(
    report.hosts.map(({ status }) => status),
    ['changed'],
  )
  await session.close()
  assert.is(fleet.read('a', '/etc/app.conf'), undefined)
  assert.is(fleet.read('a', '/etc/systemd/system/app.service'), undefined)
})

test('undoes a removal: folders, accounts and what was in them', async ({ fleet }) => {
  const bob = user({ name: 'bob', uid: 4711, comment: 'Bob', prune: true })
  const other = file({ path: '/etc/x', content: 'x' })
  const all = [
    bob,
    directory({ path: '/srv/d', mode: '0750' }),
    file({ path: '/srv/d/y', content: 'y' }),
    other,
  ]
  await fleet.converge(all)
  const before = fleet.read('a', '/etc/passwd')
  await fleet.converge([other])
  assert.not.match(fleet.read('a', '/etc/passwd') ?? '', 'bob')
  const session = fleet.session([other])
  const back = await session.apply(await session.planRollback())
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(fleet.read('a', '/etc/passwd'), before)
  assert.is(fleet.read('a', '/srv/d/y'), 'y')
  assert.is(statSync(fleet.path('a', '/srv/d')).mode & 0o777, 0o750)

  const further = await session.apply(await session.planRollback(0))
  assert.equal(
    further.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.not.match(fleet.read('a', '/etc/passwd') ?? '', 'bob')
  assert.not(existsSync(fleet.path('a', '/srv/d')))
  await session.close()
})

test('restores an owner without a name', async ({ fleet }) => {
  for (const host of fleet.names) {
    writeFileSync(fleet.path(host, '/etc/x'), 'first')
    chownSync(fleet.path(host, '/etc/x'), 4711, 4711)
  }
  await fleet.converge([file({ path: '/etc/x', content: 'ours' })])
  const session = fleet.session([])
  const back = await session.apply(await session.planRollback())
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(statSync(fleet.path('a', '/etc/x')).uid, 4711)
  await session.close()
})

test('returns to the state before the oldest generation that is kept', async ({ fleet }) => {
  writeFileSync(fleet.path('a', '/etc/x'), 'first')
  for (let version = 1; version <= 10; version += 1)
    await fleet.converge([file({ path: '/etc/x', content: `${version}` })])
  const session = fleet.session([])
  const back = await session.apply(await session.planRollback(0))
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(fleet.read('a', '/etc/x'), 'first')
  const found = (await session.history()).get('a')
  assert.is(found !== undefined && 'generations' in found && found.generations.length, 10)
  await session.close()
})

test('keeps ten generations and says so when an older one is asked for', async ({ fleet }) => {
  for (let version = 1; version <= 12; version += 1)
    await fleet.converge([file({ path: '/etc/x', content: `${version}` })])
  const session = fleet.session([])
  const history = await session.history()
  const found = history.get('a')
  assert.equal(
    found !== undefined && 'generations' in found && found.generations.map(({ number }) => number),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
  )
  const [refused] = (await session.planRollback(1)).hosts
  assert.is(refused?.status === 'failed' && refused.error.message, 'there is no such generation to return to')
  await session.close()
})

pair('asks before it takes much away, or all', async ({ fleet }) => {
  const files = [1, 2, 3, 4, 5].map((number) => file({ path: `/etc/f${number}`, content: 'x' }))
  await fleet.converge(files)
  const asked = async (resources: readonly Resource[]) => {
    const session = fleet.session(resources)
    const plan = await session.plan()
    await session.close()
    return plan.consents
  }
  assert.equal(await asked(files.slice(2)), [])
  assert.equal(await asked(files.slice(3)), [
    'a: 3 of its 5 resources will be removed',
    'b: 3 of its 5 resources will be removed',
  ])
  assert.equal(await asked([]), [
    'a has no resources left in the spec; all 5 will be removed',
    'b has no resources left in the spec; all 5 will be removed',
  ])
})

pair('remembers the hosts of the cluster until they are retired', async ({ fleet }) => {
  await fleet.converge([file({ path: '/etc/x', content: 'x' })])
  const session = fleet.session([file({ path: '/etc/x', content: 'y' })], 'fleet', ['a'])
  const plan = await session.plan()
  assert.equal(
    plan.departed.map(({ name, target }) => [name, target.transport]),
    [['b', 'ssh']],
  )
  await session.apply(plan)
  assert.equal(
    (await session.plan()).departed.map(({ name }) => name),
    ['b'],
  )
  await session.forget(['b'])
  assert.equal((await session.plan()).departed, [])
  await session.close()
})

test('ends an apply that holds the lock, and says whose it was', async ({ fleet }) => {
  const hanging = command({ name: 'hang', command: 'cat "$CONVERGE_ROOT/pipe"', creates: '/never' })
  for (const name of fleet.names) execFileSync('mkfifo', [fleet.path(name, '/pipe')])
  const started = new Promise<void>((resolve) => {
    const onProgress = (event: Progress) => {
      if (event.event === 'change-started') resolve()
    }
    const first = fleet.session([hanging], 'fleet', ['a'], { onProgress })
    void first.plan().then(async (plan) => {
      const report = await first.apply(plan)
      assert.is(report.hosts[0]?.status, 'failed')
      await first.close()
    })
  })
  await started
  const second = fleet.session([hanging], 'fleet', ['a'])
  const [blocked] = (await second.plan()).hosts
  assert.match(
    blocked?.status === 'failed' ? blocked.error.message : '',
    /another apply is running: .*@.* since /,
  )
  assert.match(String((await second.unlock()).get('a')), /^ended .*@.* since /)
  assert.is((await second.unlock()).get('a'), 'free')
  await second.close()
})

pair(
  'a rollback waits until the member of a group is healthy, so that the next one may go',
  async ({ fleet }) => {
    const member = (greeting: string): readonly Resource[] => {
      const configuration = file({ path: '/etc/app.conf', content: greeting })
      const app = unit({
        name: 'app.service',
        content: { Service: { ExecStart: '/usr/bin/app' }, Install: { WantedBy: 'multi-user.target' } },
        started: true,
        restartOn: [configuration],
        disruption: { group: 'app', maxUnavailable: 1, healthy: 'true', healthyTimeoutSeconds: 5 },
      })
      return [configuration, app]
    }
    await fleet.converge(member('hello'))
    await fleet.converge(member('good morning'))
    const session = fleet.session(member('good morning'))
    const plan = await session.planRollback()
    assert.equal(words(changesOf(plan, 'a')), ['restore /etc/app.conf', 'restart app.service', 'await'])
    const { hosts } = await session.apply(plan)
    await session.close()
    assert.equal(
      hosts.map(({ status }) => status),
      ['changed', 'changed'],
    )
  },
)

pair('undoes only the last apply, not an older one of hosts that it did not reach', async ({ fleet }) => {
  await fleet.converge(service('one'))
  await fleet.converge(service('two'))
  const onlyA = fleet.session(service('three'), 'fleet', ['a'])
  await onlyA.apply(await onlyA.plan())
  await onlyA.close()
  const session = fleet.session(service('three'))
  const plan = await session.planRollback()
  assert.equal(words(changesOf(plan, 'a')), ['restore /etc/app.conf', 'restart app.service'])
  assert.equal(changesOf(plan, 'b'), [])
  const b = plan.hosts.find(({ host }) => host === 'b')
  assert.match(
    b?.status === 'planned' ? (b.notes[0] ?? '') : '',
    /^not part of the last apply, left unchanged; converge rollback b undoes its own, generation 2 of /,
  )
  await session.apply(plan)
  await session.close()
  assert.is(fleet.read('a', '/etc/app.conf'), 'greeting = two\n')
  assert.is(fleet.read('b', '/etc/app.conf'), 'greeting = two\n')
})

test.run()
pair.run()

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { command, directory, file, group, link, unit, user } from '../../../src/dsl.ts'
import type { Progress } from '../../../src/model/report.ts'
import type { Resource } from '../../../src/model/resource.ts'
import { changesOf, fleetSuite, words } from '../fleet.ts'

const test = fleetSuite('what a host remembers', ['a'])
const pair = fleetSuite('what two hosts remember', ['a', 'b'])

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

test('gives what it adopted its original back', async ({ fleet }) => {
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
  assert.is(fleet.read('a', '/etc/motd'), 'the distribution\n')
  assert.is(statSync(fleet.path('a', '/etc/motd')).mode & 0o777, 0o600)
})

test('refuses what another cluster owns', async ({ fleet }) => {
  await fleet.converge([file({ path: '/etc/x', content: 'x' })], 'one')
  const session = fleet.session([file({ path: '/etc/x', content: 'y' })], 'two')
  const [host] = (await session.plan()).hosts
  await session.close()
  assert.is(
    host?.status === 'failed' && host.error.message,
    'file[/etc/x]: /etc/x belongs to file[/etc/x] of the cluster one',
  )
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
  const found = (await session.history()).get('a')
  assert.match(found !== undefined && 'held' in found ? (found.held ?? '') : '', /^[0-9a-f]{32} .+ since /)
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

  const other = fleet.session(service('three'))
  assert.equal(words(changesOf(await other.plan(), 'a')), ['write /etc/app.conf', 'restart app.service'])
  await other.close()
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

test('undoes a removal: folders, accounts and what was in them; what others use stays', async ({ fleet }) => {
  const bob = user({ name: 'bob', uid: 4711, comment: 'Bob', prune: true })
  const other = file({ path: '/etc/x', content: 'x' })
  const all = [
    bob,
    directory({ path: '/srv/d', mode: '0750' }),
    file({ path: '/srv/d/y', content: 'y' }),
    group({ name: 'stays' }),
    directory({ path: '/srv/shared' }),
    other,
  ]
  await fleet.converge(all)
  writeFileSync(fleet.path('a', '/srv/shared/theirs'), '')
  const before = fleet.read('a', '/etc/passwd')
  await fleet.converge([other])
  assert.not.match(fleet.read('a', '/etc/passwd') ?? '', 'bob')
  assert.match(fleet.read('a', '/etc/group') ?? '', /^stays:/m)
  assert.ok(existsSync(fleet.path('a', '/srv/shared/theirs')))
  const session = fleet.session([other])
  const back = await session.apply(await session.planRollback())
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(fleet.read('a', '/etc/passwd'), before)
  assert.is(fleet.read('a', '/srv/d/y'), 'y')
  assert.is(statSync(fleet.path('a', '/srv/d')).mode & 0o777, 0o750)

  rmSync(fleet.path('a', '/srv/shared/theirs'))
  const further = await session.apply(await session.planRollback(0))
  // A group without `prune` outlasts it, which is said.
  assert.equal(
    further.hosts.map((host) => host.status === 'failed' && host.error.code),
    ['not-undone'],
  )
  assert.not.match(fleet.read('a', '/etc/passwd') ?? '', 'bob')
  assert.not(existsSync(fleet.path('a', '/srv/d')))
  await session.close()
})

test('restores an owner without a name', async ({ fleet }) => {
  // Only root can give a file away.
  const id = process.getuid?.() || 4711
  for (const host of fleet.names) {
    writeFileSync(fleet.path(host, '/etc/x'), 'first')
    if (id === 4711) chownSync(fleet.path(host, '/etc/x'), id, id)
  }
  await fleet.converge([file({ path: '/etc/x', content: 'ours' })])
  const session = fleet.session([])
  const back = await session.apply(await session.planRollback())
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(statSync(fleet.path('a', '/etc/x')).uid, id)
  await session.close()
})

test('keeps ten generations, returns to the state before the oldest one, and refuses an older one', async ({
  fleet,
}) => {
  for (let version = 1; version <= 11; version += 1)
    await fleet.converge([file({ path: '/etc/x', content: `${version}` })])
  const session = fleet.session([])
  const numbers = async () => {
    const found = (await session.history()).get('a')
    return found !== undefined && 'generations' in found && found.generations.map(({ number }) => number)
  }
  assert.equal(await numbers(), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
  const [refused] = (await session.planRollback(0)).hosts
  assert.is(refused?.status === 'failed' && refused.error.message, 'there is no such generation to return to')
  const back = await session.apply(await session.planRollback(1))
  assert.equal(
    back.hosts.map(({ status }) => status),
    ['changed'],
  )
  assert.is(fleet.read('a', '/etc/x'), '1')
  assert.equal(await numbers(), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  await session.close()
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
  await session.forget(({ name }) => name === 'b')
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
  const greeting = (content: string) => [file({ path: '/etc/app.conf', content })]
  await fleet.converge(greeting('one'))
  await fleet.converge(greeting('two'))
  const onlyA = fleet.session(greeting('three'), 'fleet', ['a'])
  await onlyA.apply(await onlyA.plan())
  await onlyA.close()
  const session = fleet.session(greeting('three'))
  const plan = await session.planRollback()
  assert.equal(words(changesOf(plan, 'a')), ['restore /etc/app.conf'])
  assert.equal(changesOf(plan, 'b'), [])
  const b = plan.hosts.find(({ host }) => host === 'b')
  assert.match(
    b?.status === 'planned' ? (b.notes[0] ?? '') : '',
    /^not part of the last apply, left unchanged; converge rollback b undoes its own, generation 2 of /,
  )
  await session.apply(plan)
  await session.close()
  assert.is(fleet.read('a', '/etc/app.conf'), 'two')
  assert.is(fleet.read('b', '/etc/app.conf'), 'two')
})

test.run()
pair.run()

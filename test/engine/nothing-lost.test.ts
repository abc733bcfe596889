import { appendFileSync, chmodSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { command, directory, file, group, unit, user } from '../../src/dsl.ts'
import type { Report } from '../../src/model/report.ts'
import { changesOf, fleetSuite, words } from './fleet.ts'

const test = fleetSuite('what no interruption may take', ['a'])

const other = file({ path: '/etc/other', content: 'other\n' })

function outcomes(report: Report): readonly string[] {
  return report.hosts.map((host) => (host.status === 'failed' ? host.error.message : host.status))
}

test('a manifest whose last line was torn is repaired by the next run', async ({ fleet }) => {
  await fleet.converge([other])
  const manifest = '/var/lib/converge/clusters/fleet/manifest'
  appendFileSync(fleet.path('a', manifest), '\nset {"resource":"file[/etc/x]","ori')
  const x = (content: string) => [other, file({ path: '/etc/x', content })]
  assert.equal(outcomes((await fleet.converge(x('one\n'))).report), ['changed'])
  assert.equal(outcomes((await fleet.converge(x('two\n'))).report), ['changed'])
  assert.not.match(fleet.read('a', manifest) ?? '', '"ori\n')
})

test('a new mode can be undone, by pruning and by rolling back, whatever was edited since', async ({
  fleet,
}) => {
  for (const path of ['/etc/motd', '/etc/issue']) {
    writeFileSync(fleet.path('a', path), 'the distribution\n')
    chmodSync(fleet.path('a', path), 0o600)
  }
  const motd = file({ path: '/etc/motd', content: 'the distribution\n' })
  const issue = file({ path: '/etc/issue', content: 'the distribution\n' })
  await fleet.converge([other, motd])
  appendFileSync(fleet.path('a', '/etc/motd'), 'by hand\n')
  const pruned = await fleet.converge([other])
  assert.equal(words(changesOf(pruned.plan, 'a')), ['restore /etc/motd'])
  assert.equal(outcomes(pruned.report), ['changed'])
  assert.is(fleet.read('a', '/etc/motd'), 'the distribution\n')

  await fleet.converge([other, issue])
  const session = fleet.session([other, issue])
  assert.equal(outcomes(await session.apply(await session.planRollback())), ['changed'])
  await session.close()
  assert.is(fleet.read('a', '/etc/issue'), 'the distribution\n')
})

test('what was right when it was adopted gets its original back, too', async ({ fleet }) => {
  writeFileSync(fleet.path('a', '/etc/motd'), 'the distribution\n')
  chmodSync(fleet.path('a', '/etc/motd'), 0o644)
  await fleet.converge([other, file({ path: '/etc/motd', content: 'the distribution\n' })])
  await fleet.converge([other, file({ path: '/etc/motd', content: 'ours\n' })])
  await fleet.converge([other, file({ path: '/etc/motd', content: 'ours again\n' })])
  const { report } = await fleet.converge([other])
  assert.equal(outcomes(report), ['changed'])
  assert.is(fleet.read('a', '/etc/motd'), 'the distribution\n')
})

test('a rollback leaves owed what it does not carry out', async ({ fleet }) => {
  const reindex = command({ name: 'reindex', command: `echo reindex >>"\${CONVERGE_ROOT-}/etc/acts"` })
  const index = (content: string) =>
    file({ path: '/etc/index', content, notifies: [{ resource: reindex, action: 'run' }] })
  const bad = (content: string) => file({ path: '/etc/bad', content, validate: 'false' })
  await fleet.converge([index('1'), reindex])
  await fleet.converge([index('2'), bad('1'), reindex])
  await fleet.converge([other, index('2'), bad('2'), reindex])
  const wanted = [index('2'), reindex]
  const session = fleet.session(wanted)
  const back = await session.planRollback()
  assert.equal(words(changesOf(back, 'a')), ['remove /etc/other'])
  const [host] = back.hosts
  assert.equal(host?.status === 'planned' ? host.notes : [], ['the run of command[reindex] stays pending'])
  assert.equal(outcomes(await session.apply(back)), ['changed'])
  await session.close()
  assert.is(fleet.read('a', '/etc/acts'), 'reindex\n')
  await fleet.converge([...wanted, file({ path: '/etc/new', content: 'new\n' })])
  assert.is(fleet.read('a', '/etc/acts'), 'reindex\nreindex\n')
  assert.is(fleet.read('a', '/var/lib/converge/clusters/fleet/journal'), '')
})

test('systemd reads a unit file that is not declared as a unit, even if the run was killed in between', async ({
  fleet,
}) => {
  const dropIn = file({ path: '/etc/systemd/system/foo.service', content: '[Service]\nNice=1\n' })
  const failing = command({
    name: 'failing',
    command: 'false',
    unless: 'test -e "${CONVERGE_ROOT-}/etc/never"',
  })
  const interrupted = await fleet.converge([dropIn, failing])
  assert.equal(words(changesOf(interrupted.plan, 'a')), [`write ${dropIn.name}`, 'run', 'daemon-reload'])
  assert.is(interrupted.report.hosts[0]?.status, 'failed')
  assert.equal(fleet.actions('a'), [])
  const { plan, report } = await fleet.converge([dropIn])
  assert.equal(words(changesOf(plan, 'a')), ['daemon-reload'])
  assert.equal(outcomes(report), ['changed'])
  assert.equal(fleet.actions('a'), ['daemon-reload'])
  assert.equal(changesOf((await fleet.converge([dropIn])).plan, 'a'), [])
})

test('what becomes sensitive is recorded once, without a generation, and stays hidden in a rollback', async ({
  fleet,
}) => {
  const password = (sensitive: boolean) => file({ path: '/etc/password', content: 'pw=1\n', sensitive })
  await fleet.converge([other, password(false)])
  const marked = await fleet.converge([other, password(true)])
  assert.equal(words(changesOf(marked.plan, 'a')), ['record'])
  assert.equal(outcomes(marked.report), ['changed'])
  assert.equal(changesOf((await fleet.converge([other, password(true)])).plan, 'a'), [])
  assert.equal(changesOf((await fleet.converge([other, password(false)])).plan, 'a'), [])
  writeFileSync(fleet.path('a', '/etc/password'), 'pw=rotated\n')
  assert.equal(outcomes((await fleet.converge([other])).report), ['changed'])
  const session = fleet.session([other])
  const back = await session.planRollback()
  assert.equal(
    changesOf(back, 'a').map(({ diff }) => diff),
    [{ path: '/etc/password', omitted: 'sensitive' }],
  )
  const history = (await session.history()).get('a')
  assert.equal(
    history !== undefined && 'generations' in history ? history.generations.map(({ number }) => number) : [],
    [2, 1],
  )
  await session.close()
})

test('a name with line breaks is forgotten, and neither it nor a command is taken for a result', async ({
  fleet,
}) => {
  const odd = (content: string, validate?: string) => [
    directory({ path: '/srv/a\nb' }),
    file({ path: '/srv/a\nb/x\ndone 0\nend ok', content, ...(validate && { validate }) }),
  ]
  assert.equal(outcomes((await fleet.converge([other, ...odd('1')])).report), ['changed'])
  const failed = await fleet.converge([other, ...odd('2', 'false\nend ok\nfalse')])
  assert.equal(outcomes(failed.report), ['validation failed: false end ok false'])
  assert.equal(outcomes((await fleet.converge([other])).report), ['changed'])
  assert.equal(changesOf((await fleet.converge([other])).plan, 'a'), [])
  assert.equal(readdirSync(fleet.path('a', '/srv')), [])
})

test('a rollback does not restart a unit whose file it removes, and holds the host', async ({ fleet }) => {
  const path = '/etc/systemd/system/web.service'
  const web = unit({ name: 'web.service', content: '[Service]\nExecStart=/bin/web\n', started: true })
  await fleet.converge([web])
  rmSync(fleet.path('a', path))
  await fleet.converge([web])
  fleet.actions('a')
  const session = fleet.session([web])
  assert.equal(outcomes(await session.apply(await session.planRollback())), ['changed'])
  assert.is(fleet.read('a', path), undefined)
  assert.not.ok(fleet.actions('a').some((action) => action.startsWith('restart')))
  assert.is((await session.plan()).hosts[0]?.status, 'held')
  await session.close()
})

test('an original is what was there first, whatever is written to the file by another name or after a failure', async ({
  fleet,
}) => {
  writeFileSync(fleet.path('a', '/etc/motd'), 'the distribution\n')
  linkSync(fleet.path('a', '/etc/motd'), fleet.path('a', '/etc/issue'))
  await fleet.converge([other, file({ path: '/etc/motd', content: 'ours\n', validate: 'false' })])
  appendFileSync(fleet.path('a', '/etc/motd'), 'by hand\n')
  await fleet.converge([other, file({ path: '/etc/motd', content: 'ours\n' })])
  appendFileSync(fleet.path('a', '/etc/issue'), 'by another name\n')
  await fleet.converge([other])
  assert.is(fleet.read('a', '/etc/motd'), 'the distribution\nby hand\n')
})

test('a rollback brings accounts back as they were, and names what it leaves', async ({ fleet }) => {
  const account = (shell: string) => user({ name: 'rb', shell })
  const passwd = () => fleet.read('a', '/etc/passwd') ?? ''
  await fleet.converge([file({ path: '/etc/x', content: 'one' }), account('/bin/sh')])
  const after = [file({ path: '/etc/x', content: 'two' }), account('/bin/bash'), group({ name: 'ops' })]
  await fleet.converge(after)
  assert.match(passwd(), /^rb:.*:\/bin\/bash$/m)
  const session = fleet.session(after)
  const back = await session.planRollback()
  const [host] = back.hosts
  assert.equal(host?.status === 'planned' ? host.notes : [], ['not undone: set group ops'])
  assert.equal(outcomes(await session.apply(back)), ['a rollback cannot undo this: set group ops'])
  assert.is((await session.plan()).hosts[0]?.status, 'held')
  await session.close()
  assert.match(passwd(), /^rb:.*:\/bin\/sh$/m)
  assert.is(fleet.read('a', '/etc/x'), 'one')
})

test('what one cluster left pending is neither dropped nor carried out by another', async ({ fleet }) => {
  const act = (name: string) => command({ name, command: `echo ${name} >>"\${CONVERGE_ROOT-}/etc/acts"` })
  const owing = (name: string, content: string, fails: boolean) => [
    act(name),
    file({ path: `/etc/${name}`, content, notifies: [{ resource: act(name), action: 'run' }] }),
    ...(fails ? [file({ path: `/etc/bad-${name}`, content, validate: 'false' })] : []),
  ]
  await fleet.converge(owing('one', '1', true), 'one')
  await fleet.converge(owing('two', '1', true), 'two')
  const plan = await fleet.converge([other], 'three')
  assert.equal(outcomes(plan.report), ['changed'])
  await fleet.converge(owing('two', '1', false), 'two')
  assert.is(fleet.read('a', '/etc/acts'), 'two\n')
  await fleet.converge(owing('one', '1', false), 'one')
  assert.is(fleet.read('a', '/etc/acts'), 'two\none\n')
})

test.run()

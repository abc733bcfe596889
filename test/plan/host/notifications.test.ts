import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { command } from '../../../src/resources/command.ts'
import { file } from '../../../src/resources/file.ts'
import { unit } from '../../../src/resources/unit/unit.ts'
import { catalog, entry, factsOf, type Present, to } from '../sample-hosts.ts'

const first = file({ path: '/etc/first', content: 'new\n' })
const source = file({ path: '/etc/source', content: 'new\n', onlyIf: 'test -e /usr/bin/app' })
const web = unit({ name: 'web.service', started: true })
const build = command({ name: 'build', command: 'build' })
const running = { units: { 'web.service': { active: 'active', file: 'enabled' } } }

function planned(host: HostCatalog, present: Present) {
  return planHost(host, factsOf(host, present)).changes.map((change) => ({
    resource: change.resource,
    settles: change.settles.map(({ action }) => action),
    whenOwed: change.whenOwed?.action,
    guard: change.guard,
  }))
}

test('what a notified command notifies comes behind it', () => {
  const host = catalog(web, entry(build, to(web, 'restart')), entry(first, to(build, 'run')))
  assert.equal(
    planned(host, running).map(({ resource, settles }) => [resource, ...settles]),
    [['file[/etc/first]'], ['command[build]', 'run'], ['unit[web.service]', 'restart']],
  )
})

test('a circle of notifications ends', () => {
  const other = command({ name: 'other', command: 'other' })
  const host = catalog(
    entry(first, to(build, 'run')),
    entry(build, to(other, 'run')),
    entry(other, to(build, 'run')),
  )
  assert.equal(
    planned(host, {}).map(({ resource }) => resource),
    ['file[/etc/first]', 'command[build]', 'command[other]', 'command[build]', 'command[other]'],
  )
})

test('a restart is decided on the host when all that owes it is', () => {
  const host = catalog(first, entry(source, to(web, 'restart')), web)
  assert.equal(planned(host, running), [
    { resource: 'file[/etc/first]', settles: [], whenOwed: undefined, guard: undefined },
    {
      resource: 'file[/etc/source]',
      settles: [],
      whenOwed: undefined,
      guard: { onlyIf: 'test -e /usr/bin/app' },
    },
    { resource: 'unit[web.service]', settles: ['restart'], whenOwed: 'restart', guard: undefined },
  ])
})

test('a restart that something certain owes too is certain', () => {
  const host = catalog(entry(first, to(web, 'restart')), entry(source, to(web, 'restart')), web)
  assert.is(planned(host, running).at(-1)?.whenOwed, undefined)
  const pending = catalog(first, entry(source, to(web, 'restart')), web)
  assert.is(
    planned(pending, { ...running, pending: ['restart unit[web.service]'] }).at(-1)?.whenOwed,
    undefined,
  )
})

test('the guard of a notified command is asked when its turn comes', () => {
  const guarded = command({ name: 'reindex', command: 'reindex', unless: 'test -e /run/indexing' })
  const host = catalog(entry(first, to(guarded, 'run')), guarded)
  const changes = planned(host, { checks: { 'test -e /run/indexing': true } })
  assert.equal(changes.at(-1), {
    resource: 'command[reindex]',
    settles: ['run'],
    whenOwed: undefined,
    guard: { unless: 'test -e /run/indexing' },
  })
})

test.run()

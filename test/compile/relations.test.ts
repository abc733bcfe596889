import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { archive, command, directory, file, group, unit, user } from '../../src/dsl.ts'
import type { Resource } from '../../src/model/resource.ts'
import { compileSample, host, ids, mistakes, recipe, type Sample } from './sample-cluster.ts'

function sample(...resources: readonly Resource[]): Sample {
  return { hosts: [host('a', ['r'])], recipes: [recipe('r', () => resources)] }
}

function notifications(...resources: readonly Resource[]): unknown {
  return compileSample(sample(...resources)).hosts[0]?.entries.flatMap(({ resource, notifies }) =>
    notifies.map(({ resource: to, action, timing }) => `${resource.id} ${timing} ${action} ${to}`),
  )
}

const environment = file({ path: '/etc/x.env', content: '' })
const service = { name: 'x.service' }

test('restartOn and reloadOn become delayed notifications of what they name', () => {
  const x = unit({ ...service, restartOn: [environment], reloadOn: ['file[/etc/rules]'] })
  assert.equal(notifications(environment, file({ path: '/etc/rules', content: '' }), x), [
    'file[/etc/x.env] delayed restart unit[x.service]',
    'file[/etc/rules] delayed reload unit[x.service]',
  ])
})

test('the same notification counts once, and is immediate if any declaration is', () => {
  const notifies = [{ resource: 'unit[x.service]', action: 'restart', timing: 'immediate' }] as const
  const eager = file({ path: '/etc/x.env', content: '', notifies })
  assert.equal(notifications(eager, unit({ ...service, restartOn: [environment, 'file[/etc/x.env]'] })), [
    'file[/etc/x.env] immediate restart unit[x.service]',
  ])
})

test('a service comes after what it restarts on', () => {
  const x = unit({ ...service, restartOn: ['file[/etc/x.env]'] })
  assert.equal(ids(compileSample(sample(x, environment))), ['file[/etc/x.env]', 'unit[x.service]'])
})

test('notifies does not affect the order', () => {
  const reload = command({ name: 'reload', command: 'true' })
  const rules = file({ path: '/r', content: '', notifies: [{ resource: reload, action: 'run' }] })
  assert.equal(ids(compileSample(sample(reload, rules))), ['command[reload]', 'file[/r]'])
})

test('directories, archives and accounts come before what is in them or theirs', () => {
  const tree = archive({ url: 'https://example.com/x.tar', sha256: 'ab'.repeat(32), path: '/opt/x' })
  const resources = [
    file({ path: '/opt/x/etc/conf', content: '', owner: 'app', group: 'web' }),
    tree,
    directory({ path: '/opt' }),
    user({ name: 'app', groups: ['web'] }),
    group({ name: 'web' }),
  ]
  assert.equal(ids(compileSample(sample(...resources))), [
    'directory[/opt]',
    'archive[/opt/x]',
    'group[web]',
    'user[app]',
    'file[/opt/x/etc/conf]',
  ])
})

test('what needs something that is to be absent is reported', () => {
  const gone = directory({ path: '/srv', absent: true })
  assert.equal(mistakes(sample(gone, file({ path: '/srv/a', content: '' }))), [
    '5:7 needs-absent file[/srv/a] by recipe r needs the path /srv, but directory[/srv] is to be absent (host a); remove absent from directory[/srv], or remove file[/srv/a]',
  ])
})

test('an unknown resource is reported with what was probably meant', () => {
  const x = unit({ ...service, after: ['file[/etc/y.env]'], restartOn: ['package[nginx]'] })
  assert.equal(mistakes(sample(environment, x)), [
    '5:7 unknown-resource unit[x.service] by recipe r: after names file[/etc/y.env], which this host does not have (host a); did you mean file[/etc/x.env]?',
    '5:7 unknown-resource unit[x.service] by recipe r: restartOn names package[nginx], which this host does not have (host a); declare it for the same host, in a recipe or below `resources:`',
  ])
})

test('a resource that was made but not returned is reported', () => {
  const forgotten = directory({ path: '/srv' })
  assert.equal(mistakes(sample(unit({ ...service, after: [forgotten] }))), [
    '5:7 unknown-resource unit[x.service] by recipe r: after names directory[/srv], which this host does not have (host a); also return it from the recipe',
  ])
})

test('a notification that its target does not understand is reported', () => {
  const wrong = [
    { resource: environment, action: 'restart' },
    { resource: 'unit[x.service]', action: 'run' },
  ] as const
  assert.equal(
    mistakes(sample(environment, unit(service), file({ path: '/f', content: '', notifies: wrong }))),
    [
      '5:7 unknown-action file[/f] by recipe r: file[/etc/x.env] cannot be notified to restart (host a); a file cannot be notified; notify a unit or a command',
      '5:7 unknown-action file[/f] by recipe r: unit[x.service] cannot be notified to run (host a); it can be notified to restart, reload, start, stop',
    ],
  )
})

test('a service whose content has no ExecReload cannot be notified to reload, other types only if they are mounts', () => {
  const told = (name: string, content: string) =>
    mistakes(sample(environment, unit({ name, content, reloadOn: [environment] })))
  for (const [name, content] of [
    ['x.service', '[Service]\nExecStart=/x\n'],
    ['x.timer', '[Timer]\nOnCalendar=daily\n'],
  ] as const)
    assert.is(told(name, content).filter((one) => one.includes('cannot be notified to reload')).length, 1)
  for (const [name, content] of [
    ['x.service', '[Service]\nExecStart=/x\nExecReload=/y\n'],
    ['x.service', '[Service]\nType=notify-reload\nExecStart=/x\n'],
    ['x.mount', '[Mount]\nWhat=tmpfs\nWhere=/x\n'],
  ] as const)
    assert.equal(told(name, content), [])
})

test.run()

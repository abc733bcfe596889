import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Composite,
  command,
  container,
  defineComposite,
  file,
  type Resource,
  sysctl,
  Type,
  timer,
  unit,
} from '../../src/dsl.ts'
import type { ResourceDeclaration } from '../../src/model/cluster.ts'
import type { CatalogEntry } from '../../src/model/resource.ts'
import { compileSample, host, ids, mistakes, recipe, type Sample } from './sample-cluster.ts'

type Declared = readonly (Resource | Composite)[]

function sample(...resources: Declared): Sample {
  return { hosts: [host('a', ['r'])], recipes: [recipe('r', () => resources)] }
}

function entriesOf(...resources: Declared): readonly CatalogEntry[] {
  return compileSample(sample(...resources)).hosts[0]?.entries ?? []
}

function notifications(...resources: Declared): readonly string[] {
  return entriesOf(...resources).flatMap(({ resource, notifies }) =>
    notifies.map(({ resource: to, action, timing }) => `${resource.id} ${timing} ${action} ${to}`),
  )
}

const job = { name: 'job', schedule: 'daily', command: 'true' } as const
const parameters = { name: 'app', settings: { 'vm.swappiness': 1 } } as const
const other = file({ path: '/etc/other', content: '' })

/** A user's own, of another composite and a file. */
const { resource: site } = defineComposite({
  kind: 'site',
  schema: Type.Object({
    name: Type.String(),
    port: Type.Integer({ description: 'a port' }),
    absent: Type.Optional(Type.Boolean()),
  }),
  defaults: {},
  key: 'name',
  absent: (name) => [file({ path: `/etc/sites/${name}`, absent: true })],
  parts: ({ name, port }, { platform }) => [
    file({ path: `/etc/sites/${name}`, content: `${port} ${platform.binDir}\n` }),
    timer({ ...job, name }),
  ],
})

test('a catalog has the parts, with the composites that each is a part of', () => {
  assert.equal(
    entriesOf(site({ name: 's', port: 1 })).map(({ resource, partOf }) => [resource.id, partOf]),
    [
      ['file[/etc/sites/s]', ['site[s]']],
      ['unit[s.service]', ['site[s]', 'timer[s]']],
      ['unit[s.timer]', ['site[s]', 'timer[s]']],
    ],
  )
  assert.is(entriesOf(other)[0]?.partOf, undefined)
})

test('what comes after a composite comes after all its parts, and all its parts after what it names', () => {
  const last = file({ path: '/a', content: '', after: ['timer[job]'] })
  assert.equal(ids(compileSample(sample(last, timer({ ...job, after: [other] }), other))), [
    'file[/etc/other]',
    'unit[job.service]',
    'unit[job.timer]',
    'file[/a]',
  ])
})

test('an inner composite can be named as well', () => {
  const first = entriesOf(
    file({ path: '/a', content: '', after: ['timer[s]'] }),
    site({ name: 's', port: 1 }),
  )
  assert.equal(first.find(({ resource }) => resource.name === '/a')?.after, [
    'unit[s.service]',
    'unit[s.timer]',
  ])
})

test('each part of a composite notifies, and the last part that understands it is notified', () => {
  const asked = unit({ name: 'x.service', restartOn: ['sysctl[app]'] })
  assert.equal(notifications(sysctl(parameters), asked), [
    'file[/etc/sysctl.d/app.conf] delayed restart unit[x.service]',
    'command[load /etc/sysctl.d/app.conf] delayed restart unit[x.service]',
  ])
  const notifies = [{ resource: 'timer[job]', action: 'restart', timing: 'immediate' }] as const
  assert.equal(notifications(file({ path: '/a', content: '', notifies }), timer(job)), [
    'file[/a] immediate restart unit[job.timer]',
  ])
  assert.equal(notifications(other, timer({ ...job, restartOn: [other] })), [
    'file[/etc/other] delayed restart unit[job.timer]',
  ])
  const both = timer({ ...job, notifies: [{ resource: sysctl(parameters), action: 'run' }] })
  assert.equal(notifications(both, sysctl(parameters)), [
    'unit[job.service] delayed run command[load /etc/sysctl.d/app.conf]',
    'unit[job.timer] delayed run command[load /etc/sysctl.d/app.conf]',
  ])
})

test('guards of a composite are those of each part, beside its own', () => {
  const [settings, load] = entriesOf(sysctl({ ...parameters, onlyIf: 'test -e /a', unless: 'test -e /b' }))
  assert.is(settings?.resource.relations.onlyIf, 'test -e /a')
  assert.is(settings?.resource.relations.unless, 'test -e /b')
  assert.is(load?.resource.relations.onlyIf, 'test -e /a')
  const { unless = '' } = load?.resource.relations ?? {}
  assert.match(unless, /^\{ set -f;.*\n\} \|\| \{ test -e \/b\n\}$/s)
  const checks = load?.resource.probes.flatMap((probe) => (probe.probe === 'check' ? [probe.command] : []))
  assert.equal(checks, ['test -e /a', unless])
})

test('guards of nested composites add up', () => {
  const { resource: outer } = defineComposite({
    kind: 'outer',
    schema: Type.Object({ name: Type.String() }),
    defaults: {},
    key: 'name',
    parts: () => [timer({ ...job, onlyIf: 'inner' })],
  })
  for (const { resource } of entriesOf(outer({ name: 'x', onlyIf: 'outer' })))
    assert.is(resource.relations.onlyIf, '{ inner\n} && { outer\n}')
})

test('a disruption is that of its units', () => {
  const disruption = { group: 'web', maxUnavailable: 1, healthy: 'true', healthyTimeoutSeconds: 5 } as const
  const web = container({ name: 'web', image: 'x', environment: { A: 'b' }, disruption })
  assert.equal(
    entriesOf(web).map(({ resource }) => [resource.id, resource.relations.disruption?.group]),
    [
      ['file[/etc/container-web.env]', undefined],
      ['unit[web.service]', 'web'],
    ],
  )
})

test('a composite that is declared twice is told once, with both declarers', () => {
  assert.equal(mistakes(sample(timer(job), timer({ ...job, schedule: 'hourly' }))), [
    '5:7 duplicate-resource timer[job] is declared twice: by recipe r (host a); keep one of them',
  ])
})

test('a part that something else owns is told with the identity of the part', () => {
  assert.equal(mistakes(sample(timer(job), unit({ name: 'job.timer' }))), [
    '5:7 duplicate-resource unit[job.timer] is declared twice: by recipe r (host a); keep one of them',
  ])
})

test('an unknown composite is told with the one that was probably meant', () => {
  assert.equal(mistakes(sample(timer(job), file({ path: '/a', content: '', after: ['timer[jobs]'] }))), [
    '5:7 unknown-resource file[/a] by recipe r: after names timer[jobs], which this host does not have (host a); did you mean timer[job]?',
  ])
})

test('an action that no part understands is told', () => {
  const notifies = (resource: Composite, action: 'run' | 'restart') =>
    mistakes(sample(resource, file({ path: '/a', content: '', notifies: [{ resource, action }] })))
  assert.equal(notifies(timer(job), 'run'), [
    '5:7 unknown-action file[/a] by recipe r: timer[job] cannot be notified to run (host a); it can be notified to restart, start, stop',
  ])
  const { resource: plain } = defineComposite({
    kind: 'plain',
    schema: Type.Object({ name: Type.String() }),
    defaults: {},
    key: 'name',
    parts: () => [other],
  })
  assert.equal(notifies(plain({ name: 'p' }), 'restart'), [
    '5:7 unknown-action file[/a] by recipe r: plain[p] cannot be notified to restart (host a); a plain cannot be notified; notify a unit or a command',
  ])
})

test('a composite may be absent, for which its name is enough', () => {
  assert.equal(
    entriesOf(site({ name: 's', absent: true })).map(({ resource }) => [
      resource.id,
      resource.desired.absent,
    ]),
    [['file[/etc/sites/s]', true]],
  )
  const notifies = [{ resource: 'timer[job]', action: 'start' }] as const
  assert.equal(
    mistakes(sample(timer({ name: 'job', absent: true }), file({ path: '/a', content: '', notifies }))),
    [
      '5:7 unknown-action file[/a] by recipe r: timer[job] cannot be notified to start (host a); it is to be absent; remove the notification',
    ],
  )
})

test('mistakes of a composite of a recipe, and of its parts, are told with the recipe and the host', () => {
  const { resource: broken } = defineComposite({
    kind: 'broken',
    schema: Type.Object({ name: Type.String() }),
    defaults: {},
    key: 'name',
    parts: ({ name }) => (name === 'empty' ? [] : [file({ path: 'relative', content: '' })]),
  })
  // The place is this file: what calls the compiler here is not converge's own.
  const of = (name: string) => mistakes(sample(broken({ name })))[0]?.replace(/^\d+:\d+ /, '') ?? ''
  assert.is(
    of('empty'),
    'invalid-resource recipe r: broken[empty]: it has no parts (host a); let its kind return at least one resource',
  )
  assert.match(of('b'), /^invalid-value recipe r: broken\[b\]: file: path must be an absolute path/)
})

const at = { file: 'cluster.yaml', line: 9, column: 3 }

function declaration(kind: string, desired: ResourceDeclaration['desired']): ResourceDeclaration {
  return { kind, desired, layer: 'role web', position: at }
}

test('mistakes of composites of a spec are told where they are declared', () => {
  const declarations = [
    declaration('timer', { name: 'a', schedule: 'daily' }),
    declaration('sysctl', { name: 'a', absent: true, settings: { 'a.b': 1 } }),
    declaration('tmpfiles', { name: 'a' }),
    declaration('tmpfiles', { name: 'b', source: 'files/b' }),
    declaration('trustedCertificate', { name: 'ca', content: 'x' }),
    declaration('mount', { path: '/a', device: 'b', options: 'a\\' }),
  ]
  assert.equal(mistakes({ hosts: [host('h', [], { declared: declarations })] }), [
    '9:3 invalid-resource timer[a]: it has no command (host h); set command: a shell command; for /bin/sh',
    '9:3 invalid-resource sysctl[a]: settings makes no sense with absent: true (host h); remove settings, or absent',
    '9:3 invalid-resource tmpfiles[a]: it has no content (host h); set content, source or template: text; lines as in tmpfiles.d(5), such as "d /run/app 0750 app app"',
    '9:3 unreadable-file there is no file files/b (host h); the path is relative to the file that names it',
    '9:3 invalid-resource trustedCertificate[ca]: content is not a certificate in PEM (host h); give one, from BEGIN to END CERTIFICATE, without its key',
    '9:3 invalid-resource mount[/a]: unit[a.mount]: a.mount: [Mount] Options= ends with a backslash, which would join the next line to it (host h); double it, or remove it',
  ])
})

test('a composite of a spec takes its content from a file or template beside it', () => {
  const declarations = [
    declaration('tmpfiles', { name: 'a', source: 'files/a' }),
    declaration('sudoers', { name: 'b', template: 'b.hbs', variables: { who: 'ann' } }),
  ]
  const { hosts } = compileSample({
    hosts: [host('a', [], { declared: declarations })],
    files: { 'files/a': 'd /run/a', 'b.hbs': '{{who}} ALL=(ALL) ALL\n' },
  })
  assert.equal(
    hosts[0]?.entries.flatMap(({ resource }) => resource.desired.content ?? []),
    ['d /run/a\n', 'ann ALL=(ALL) ALL\n'],
  )
})

test('parts are those of the platform of each host', () => {
  const bin = (binDir: string) => ({ ...host('x', []).platform, binDir })
  const { hosts } = compileSample({
    hosts: [host('a', ['r'], { platform: bin('/a') }), host('b', ['r'], { platform: bin('/b') })],
    recipes: [recipe('r', () => [site({ name: 's', port: 1 })])],
  })
  assert.equal(
    hosts.map(({ entries }) => entries[0]?.resource.desired.content),
    ['1 /a\n', '1 /b\n'],
  )
})

test('a part that nothing notifies would never run', () => {
  const { resource: idle } = defineComposite({
    kind: 'idle',
    schema: Type.Object({ name: Type.String() }),
    defaults: {},
    key: 'name',
    parts: () => [command({ name: 'c', command: 'true' })],
  })
  assert.match(mistakes(sample(idle({ name: 'i' })))[0] ?? '', 'command[c] by recipe r would never run')
})

test.run()

import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ResourceConflict } from '../../../src/model/errors.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { command } from '../../../src/resources/command.ts'
import { directory } from '../../../src/resources/directory.ts'
import { file } from '../../../src/resources/file.ts'
import { link } from '../../../src/resources/link.ts'
import { unit } from '../../../src/resources/unit/unit.ts'
import { byRoot, catalog, entry, factsOf, fileFact, line, type Present, to } from '../sample-hosts.ts'

const seed = 20260229

const a = file({ path: '/etc/a', content: 'new\n' })
const b = file({ path: '/etc/b', content: 'new\n' })
const text = '[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=multi-user.target\n'
const unitPath = '/etc/systemd/system/web.service'
const web = unit({ name: 'web.service', content: text, enabled: true, started: true })
const other = unit({ name: 'other.service', content: text, enabled: true, started: true })
const thirdInput = { name: 'third.service', content: text, started: true }
const third = unit(thirdInput)
const fourth = unit({ ...thirdInput, name: 'fourth.service' })
const guarded = unit({ name: 'guarded.service', enabled: true, onlyIf: 'test -e /x' })
const job = command({ name: 'job', command: 'job' })
const running = { 'web.service': { active: 'active', file: 'enabled' } }
const installed = { files: { [unitPath]: text }, directories: ['/etc/systemd/system'], units: running }

const isNew = 'will be created'

for (const [sentence, host, present, expected] of [
  ['nothing to do', catalog(a, b), { files: { '/etc/a': 'new\n', '/etc/b': 'new\n' } }, []],
  [
    'what differs, in catalog order',
    catalog(b, a),
    { files: { '/etc/a': 'old\n' } },
    [`file[/etc/b]: write (${isNew})`, 'file[/etc/a]: write (content will change)'],
  ],
  [
    'a start absorbs the restart that comes before it',
    catalog(entry(a, to(web, 'restart')), web),
    {},
    [
      `file[/etc/a]: write (${isNew}), +restart unit[web.service]`,
      `unit[web.service]: mkdir (${isNew})`,
      `unit[web.service]: write (${isNew}), +restart unit[web.service]`,
      'unit[web.service]: enable (will be enabled)',
      'unit[web.service]: start (is inactive, will be started), -restart unit[web.service]',
    ],
  ],
  [
    'units beside each other start when all have their files and are enabled, which has systemd read them once',
    catalog(web, other, entry(a, to(web, 'reload')), third),
    { directories: ['/etc/systemd/system'] },
    [
      `unit[web.service]: write (${isNew}), +restart unit[web.service]`,
      'unit[web.service]: enable --no-reload (will be enabled)',
      `unit[other.service]: write (${isNew}), +restart unit[other.service]`,
      'unit[other.service]: enable (will be enabled)',
      'unit[web.service]: start (is inactive, will be started), -restart unit[web.service]',
      'unit[other.service]: start (is inactive, will be started), -restart unit[other.service]',
      `file[/etc/a]: write (${isNew}), +reload unit[web.service]`,
      `unit[third.service]: write (${isNew}), +restart unit[third.service]`,
      'unit[third.service]: daemon-reload (unit files change)',
      'unit[third.service]: start (is inactive, will be started), -restart unit[third.service]',
      'unit[web.service]: reload (notified by file[/etc/a]), -reload unit[web.service]',
    ],
  ],
  [
    'a unit that comes after another one, or is guarded, has its file written when that one has started',
    catalog(third, { ...entry(fourth), after: [third.id] }, guarded),
    { directories: ['/etc/systemd/system'] },
    [
      `unit[third.service]: write (${isNew}), +restart unit[third.service]`,
      'unit[third.service]: daemon-reload (unit files change)',
      'unit[third.service]: start (is inactive, will be started), -restart unit[third.service]',
      `unit[fourth.service]: write (${isNew}), +restart unit[fourth.service]`,
      'unit[fourth.service]: daemon-reload (unit files change)',
      'unit[fourth.service]: start (is inactive, will be started), -restart unit[fourth.service]',
      'unit[guarded.service]: enable (will be enabled), only if test -e /x',
    ],
  ],
  [
    'a restart for several changes happens once, behind all changes',
    catalog(
      entry(a, to(web, 'restart')),
      entry(b, to(web, 'restart')),
      web,
      file({ path: '/etc/c', content: '' }),
    ),
    installed,
    [
      `file[/etc/a]: write (${isNew}), +restart unit[web.service]`,
      `file[/etc/b]: write (${isNew}), +restart unit[web.service]`,
      `file[/etc/c]: write (${isNew})`,
      'unit[web.service]: restart (notified by file[/etc/a], file[/etc/b]), -restart unit[web.service]',
    ],
  ],
  [
    'a restart absorbs the reload',
    catalog(entry(a, to(web, 'reload')), entry(b, to(web, 'restart')), web),
    installed,
    [
      `file[/etc/a]: write (${isNew}), +reload unit[web.service]`,
      `file[/etc/b]: write (${isNew}), +restart unit[web.service]`,
      'unit[web.service]: restart (notified by file[/etc/b]), -restart unit[web.service], -reload unit[web.service]',
    ],
  ],
  [
    'a reload where nothing else was asked for',
    catalog(entry(a, to(web, 'reload')), web),
    installed,
    [
      `file[/etc/a]: write (${isNew}), +reload unit[web.service]`,
      'unit[web.service]: reload (notified by file[/etc/a]), -reload unit[web.service]',
    ],
  ],
  [
    'delayed notifications run in catalog order, not in the order in which they are earned',
    catalog(entry(a, to(web, 'restart'), to(job, 'run')), job, web),
    installed,
    [
      `file[/etc/a]: write (${isNew}), +restart unit[web.service], +run command[job]`,
      'command[job]: run job (notified by file[/etc/a]), -run command[job]',
      'unit[web.service]: restart (notified by file[/etc/a]), -restart unit[web.service]',
    ],
  ],
  [
    'an immediate notification comes right behind its cause',
    catalog(entry(a, to(job, 'run', 'immediate')), b, job),
    {},
    [
      `file[/etc/a]: write (${isNew}), +run command[job]`,
      'command[job]: run job (notified at once by file[/etc/a]), -run command[job]',
      `file[/etc/b]: write (${isNew})`,
    ],
  ],
  [
    'an immediate and a later delayed notification both run',
    catalog(entry(a, to(job, 'run', 'immediate')), entry(b, to(job, 'run')), job),
    {},
    [
      `file[/etc/a]: write (${isNew}), +run command[job]`,
      'command[job]: run job (notified at once by file[/etc/a]), -run command[job]',
      `file[/etc/b]: write (${isNew}), +run command[job]`,
      'command[job]: run job (notified by file[/etc/b]), -run command[job]',
    ],
  ],
  [
    'what an earlier run left owed is carried out',
    catalog(web, job),
    { ...installed, pending: ['restart unit[web.service]', 'run command[job]'] },
    [
      'unit[web.service]: restart (still owed from an earlier run), -restart unit[web.service]',
      'command[job]: run job (still owed from an earlier run), -run command[job]',
    ],
  ],
  [
    'a start absorbs what an earlier run left owed',
    catalog(web),
    { ...installed, units: { 'web.service': { file: 'enabled' } }, pending: ['restart unit[web.service]'] },
    ['unit[web.service]: start (is inactive, will be started), -restart unit[web.service]'],
  ],
  [
    'an immediate run settles what an earlier run left owed too',
    catalog(entry(a, to(job, 'run', 'immediate')), job),
    { pending: ['run command[job]'] },
    [
      `file[/etc/a]: write (${isNew}), +run command[job]`,
      'command[job]: run job (notified at once by file[/etc/a]), -run command[job]',
    ],
  ],
  [
    'a unit that should not run is not restarted',
    catalog(
      entry(a, to({ id: 'unit[web.service]' }, 'restart')),
      unit({ name: 'web.service', started: false }),
    ),
    { units: { 'web.service': {} } },
    [`file[/etc/a]: write (${isNew}), +restart unit[web.service]`],
  ],
  [
    'a changed unit file is read once, before the restart that it owes',
    catalog(web, unit({ name: 'job.service', content: text })),
    { ...installed, files: { [unitPath]: 'old' } },
    [
      'unit[web.service]: write (content will change), +restart unit[web.service]',
      `unit[job.service]: write (${isNew})`,
      'unit[web.service]: daemon-reload (unit files change)',
      'unit[web.service]: restart (notified by unit[web.service]), -restart unit[web.service]',
    ],
  ],
  [
    'a daemon-reload comes last where no unit action follows',
    catalog(unit({ name: 'job.service', content: text }), a),
    { directories: ['/etc/systemd/system'] },
    [
      `unit[job.service]: write (${isNew})`,
      `file[/etc/a]: write (${isNew})`,
      'unit[job.service]: daemon-reload (unit files change)',
    ],
  ],
  [
    'a unit file that an interrupted run left unread is read',
    catalog(web),
    { ...installed, units: { 'web.service': { ...running['web.service'], needsReload: true } } },
    ['unit[web.service]: daemon-reload (systemd has not read its changed unit file yet)'],
  ],
  [
    'a tree that is not booted has no daemon-reload, no start and no restart',
    catalog(entry(a, to(web, 'restart')), web),
    { platform: { init: 'offline', rooted: true } },
    [
      `file[/etc/a]: write (${isNew}), +restart unit[web.service]`,
      `unit[web.service]: mkdir (${isNew})`,
      `unit[web.service]: write (${isNew})`,
      'unit[web.service]: enable (will be enabled)',
    ],
  ],
  [
    'a guard that forbids skips',
    catalog(file({ path: '/etc/a', content: '', onlyIf: 'allowed' })),
    { checks: { allowed: false } },
    [],
  ],
  [
    'unless forbids where it holds',
    catalog(file({ path: '/etc/a', content: '', unless: 'done' })),
    { checks: { done: true } },
    [],
  ],
  [
    'a guard that allows is not asked again',
    catalog(file({ path: '/etc/a', content: '', onlyIf: 'allowed', unless: 'done' })),
    { checks: { allowed: true, done: false } },
    [`file[/etc/a]: write (${isNew})`],
  ],
  [
    'a guard behind another change is decided on the host',
    catalog(b, file({ path: '/etc/a', content: '', onlyIf: 'allowed', unless: 'done' })),
    { checks: { allowed: false, done: true } },
    [`file[/etc/b]: write (${isNew})`, `file[/etc/a]: write (${isNew}), only if allowed, unless done`],
  ],
  [
    'a guard behind resources that are right already is decided now',
    catalog(b, file({ path: '/etc/a', content: '', onlyIf: 'allowed' })),
    { files: { '/etc/b': 'new\n' }, checks: { allowed: false } },
    [],
  ],
  [
    'what is done last comes behind the notifications',
    catalog(
      entry(file({ path: '/etc/bootstrap', content: '', until: '/var/data' })),
      entry(a, to(job, 'run')),
      job,
    ),
    {},
    [
      `file[/etc/bootstrap]: write (${isNew})`,
      `file[/etc/a]: write (${isNew}), +run command[job]`,
      'command[job]: run job (notified by file[/etc/a]), -run command[job]',
      'file[/etc/bootstrap]: remove (no longer needed once /var/data exists), only if /var/data exists',
    ],
  ],
] as const satisfies readonly (readonly [string, ReturnType<typeof catalog>, Present, readonly string[]])[]) {
  test(`plans ${sentence}`, () => {
    assert.equal(planHost(host, factsOf(host, present)).changes.map(line), expected)
  })
}

const disruption = {
  group: 'web',
  maxUnavailable: 1,
  healthy: 'curl web',
  healthyTimeoutSeconds: 30,
} as const
const member = unit({ name: 'web.service', content: text, started: true, disruption })

test('waits until a member is healthy again, and says that it disrupts its group', () => {
  const host = catalog(entry(a, to(member, 'restart')), member)
  const { changes, disrupts } = planHost(host, factsOf(host, installed))
  assert.equal(changes.map(line).slice(1), [
    'unit[web.service]: restart (notified by file[/etc/a]), -restart unit[web.service]',
    'unit[web.service]: await curl web (until this member of web is healthy)',
  ])
  assert.equal(disrupts, [disruption])
})

test('a start disrupts nobody, and does not block where members start together', () => {
  const host = catalog(member)
  const present = { ...installed, units: { 'web.service': {} } }
  const { changes, disrupts } = planHost(host, factsOf(host, present))
  assert.equal(changes.map(line), [
    'unit[web.service]: start --no-block (is inactive, will be started)',
    'unit[web.service]: await curl web (until this member of web is healthy)',
  ])
  assert.equal(disrupts, [])
})

test('nobody waits for the health of a member whose start is skipped on the host', () => {
  const guarded = unit({ name: 'web.service', content: text, started: true, disruption, onlyIf: 'allowed' })
  const host = catalog(a, guarded)
  const present = { ...installed, units: { 'web.service': {} } }
  assert.equal(planHost(host, factsOf(host, present)).changes.map(line).slice(1), [
    'unit[web.service]: start --no-block (is inactive, will be started), only if allowed',
    'unit[web.service]: await curl web (until this member of web is healthy), only if allowed',
  ])
})

test('a pending notification of a resource that left the catalog is noted and dropped', () => {
  const host = catalog(a)
  const { changes, notes } = planHost(
    host,
    factsOf(host, { files: { '/etc/a': 'new\n' }, pending: ['restart unit[gone.service]'] }),
  )
  assert.equal(changes, [])
  assert.equal(notes, [
    'the pending restart of unit[gone.service] is dropped: it is no longer in the catalog',
  ])
})

test('notes that owners are left alone in a tree of somebody else', () => {
  const host = catalog(a)
  const { notes } = planHost(host, factsOf(host, { platform: { rooted: true, uid: 1000 } }))
  assert.equal(notes, ['owners and groups are left alone: not running as root'])
})

test('expects what was seen where a step builds on it', () => {
  const host = catalog(a)
  const facts = factsOf(host, { files: { '/etc/a': 'old\n' } })
  const [change] = planHost(host, facts).changes
  assert.equal(change?.expects, [{ path: '/etc/a', state: fileFact('old\n', 'other') }])
})

test('a resource that cannot be made true is a conflict', () => {
  const host = catalog(directory({ path: '/etc/a' }))
  assert.throws(
    () => planHost(host, factsOf(host, { files: { '/etc/a': '' } })),
    (error: unknown) => error instanceof ResourceConflict && error.resource === 'directory[/etc/a]',
  )
})

const samples = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z]{1,6}$/),
    text: fc.string(),
    kind: fc.constantFrom('file', 'directory', 'link'),
  }),
  { minLength: 1, maxLength: 8, selector: ({ name }) => name },
)

function resourceOf({ name, text: content, kind }: { name: string; text: string; kind: string }) {
  const path = `/srv/${name}`
  if (kind === 'directory') return directory({ path })
  return kind === 'link' ? link({ path, target: `to ${name}` }) : file({ path, content })
}

test('a host that is as it should be needs no changes', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const host = catalog(...sample.map(resourceOf))
      const facts = factsOf(host, {
        files: Object.fromEntries(
          sample
            .filter(({ kind }) => kind === 'file')
            .map(({ name, text: content }) => [`/srv/${name}`, content]),
        ),
        directories: sample.filter(({ kind }) => kind === 'directory').map(({ name }) => `/srv/${name}`),
      })
      const links = sample
        .filter(({ kind }) => kind === 'link')
        .map(({ name }) => [`/srv/${name}`, { type: 'link', target: `to ${name}`, mode: '0777', ...byRoot }])
      const whole = { ...facts, paths: { ...facts.paths, ...Object.fromEntries(links) } }
      assert.equal(planHost(host, whole).changes, [])
    }),
    { seed },
  )
})

test('facts that nobody asked for and their order do not matter', () => {
  fc.assert(
    fc.property(samples, fc.array(fc.stringMatching(/^[a-z]{1,6}$/)), (sample, others) => {
      const host = catalog(...sample.map(resourceOf))
      const facts = factsOf(host)
      const unrelated = others.map((name) => [`/unrelated/${name}`, fileFact(name)])
      const paths = Object.fromEntries([...unrelated, ...Object.entries(facts.paths).toReversed()])
      assert.equal(planHost(host, { ...facts, paths }).changes, planHost(host, facts).changes)
    }),
    { seed },
  )
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InternalError, SpecError } from '../../../src/model/errors.ts'
import { DeclaredRelations } from '../../../src/model/relations.ts'
import type { ValueMap } from '../../../src/model/value.ts'
import { file, fileKind } from '../../../src/resources/file.ts'
import { resourceKinds } from '../../../src/resources/index.ts'
import { unit } from '../../../src/resources/unit/unit.ts'
import { blankFacts } from '../blank-facts.ts'

/** What a kind says about wrong input, as `message; hint`. */
function mistakes(kind: string, input: ValueMap): readonly string[] {
  try {
    resourceKinds[kind]?.create(input)
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    return error.diagnostics.map(({ message, hint }) =>
      hint === undefined ? message : `${message}; ${hint}`,
    )
  }
  return []
}

test('a recipe and the spec make the same resource', () => {
  const input = { path: '/etc/motd', content: 'x', mode: '0600' }
  // As JSON: the functions of each are its own.
  assert.equal(JSON.stringify(file(input)), JSON.stringify(fileKind.create(input)))
})

test('refuses text of which no bytes can be made, wherever it is', () => {
  const half = (kind: string) => [`${kind}: "x\\ud800" contains half a surrogate pair; remove it`]
  const text = 'x\ud800'
  assert.equal(mistakes('file', { path: '/x', content: text }), half('file'))
  assert.equal(mistakes('command', { name: 'x', command: text }), half('command'))
  assert.equal(mistakes('link', { path: '/x', target: text }), half('link'))
  assert.equal(mistakes('file', { path: '/x', content: 'x\ud83d\ude00' }), [])
})

test('fills in what is not declared', () => {
  assert.equal(file({ path: '/etc/motd', content: 'x' }).desired, {
    path: '/etc/motd',
    content: 'x',
    mode: '0644',
    owner: 'root',
    group: 'root',
  })
})

test('says which unit it manages and whether its content may be shown', () => {
  const made = [
    file({ path: '/x', content: 'x', sensitive: true }),
    file({ path: '/y', content: 'y' }),
    unit({ name: 'x.service' }),
  ]
  assert.equal(
    made.map(({ ownsUnit, isSensitive }) => ({ ownsUnit, isSensitive })),
    [
      { ownsUnit: undefined, isSensitive: true },
      { ownsUnit: undefined, isSensitive: false },
      { ownsUnit: 'x.service', isSensitive: false },
    ],
  )
})

test('a property set to undefined counts as not declared', () => {
  const mode = JSON.parse('{}').mode
  assert.is(file({ path: '/etc/motd', content: 'x', mode }).desired.mode, '0644')
})

test('asks for the guards of any resource', () => {
  const { probes } = file({ path: '/x', content: '', onlyIf: 'test -e /a', unless: 'test -e /b' })
  assert.equal(probes.slice(1), [
    { probe: 'check', command: 'test -e /a' },
    { probe: 'check', command: 'test -e /b' },
  ])
})

test('a fact that was not asked for is a bug, not an absence', () => {
  assert.throws(
    () => file({ path: '/x', content: '' }).steps(blankFacts),
    (error: unknown) =>
      error instanceof InternalError && error.message === 'the facts have no answer about the path /x',
  )
})

test('shows defaults and sources of content in the schema for YAML', () => {
  const { properties } = JSON.parse(JSON.stringify(fileKind.schema))
  assert.is(properties.mode.default, '0644')
  assert.equal(Object.keys(properties).slice(-12), [
    'source',
    'template',
    'variables',
    'when',
    'forEach',
    ...Object.keys(DeclaredRelations.properties),
  ])
})

test('says every mistake at once, and what was probably meant', () => {
  assert.equal(mistakes('directory', { path: '/a/../b', modes: '0755', owner: 'two:words' }), [
    'directory: unknown key modes; did you mean mode?',
    'directory: path must be an absolute path without `//`, `.`, `..` or a slash at its end, not "/a/../b"',
    'directory: owner must be the name of a user or group, or its number as a string, not "two:words"; did you mean "two"?',
  ])
  assert.equal(mistakes('link', { path: '/l' }), [
    'link[/l]: it has no target; set target to the path that it points to',
  ])
})

test('checks relations too', () => {
  assert.equal(
    mistakes('link', {
      path: '/l',
      target: 'x',
      notifies: [{ resource: 'unit[x.service]', action: 'kick' }],
    }),
    ['link: notifies[0]: action must be run, start, stop, restart or reload, not "kick"'],
  )
})

test('refuses paths that could escape their claim', () => {
  for (const path of ['etc', '/', '/etc/', '/etc//x', '/./x', '/etc/..', '/x\0']) {
    assert.is(mistakes('directory', { path }).length, 1, JSON.stringify(path))
  }
  for (const path of ['/...', '/a/.b', "/it's $(here)\n;", '/ä'])
    assert.equal(mistakes('directory', { path }), [])
})

test('refuses a unit that contradicts itself', () => {
  const name = 'x.service'
  const installed = '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n'
  const cases: readonly (readonly [ValueMap, readonly string[]])[] = [
    [
      { name, masked: true, started: true },
      ['unit[x.service]: a masked unit can be neither enabled nor started; remove one of them'],
    ],
    [
      { name, masked: true, content: installed },
      [
        'unit[x.service]: its file is where the mask belongs, in /etc/systemd/system; remove content, or set another directory',
      ],
    ],
    [
      { name, enabled: true, content: '[Service]\nExecStart=/x\n' },
      [
        'unit[x.service]: it cannot be enabled without an [Install] section; add one, such as WantedBy=multi-user.target',
      ],
    ],
    [
      { name: 'x@.service', started: true },
      [
        'unit[x@.service]: a template unit cannot be started; declare an instance of it, such as getty@tty1.service',
      ],
    ],
    [
      { name, started: true, content: '[Service]\nType=oneshot\nExecStart=/x\n' },
      [
        'unit[x.service]: a oneshot service does not stay active, so it would be started in every run; set RemainAfterExit=yes, or notify it with the action start instead of `started`',
      ],
    ],
    [{ name, started: true, content: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/x\n' }, []],
    ...[
      '/etc/systemd/user',
      '/usr/lib/systemd/user',
      '/home/a/.config/systemd/user',
      '/etc/systemd',
      '/etc/systemd/system/x',
    ].map((directory): [ValueMap, string[]] => [
      { name, directory, enabled: true },
      [
        `unit[x.service]: systemd reads no system units in ${directory}; use one of /etc/systemd/system, /run/systemd/system, /usr/local/lib/systemd/system, /usr/lib/systemd/system, /lib/systemd/system; declare a unit of users as a file`,
      ],
    ]),
    [{ name, enabled: true, content: installed }, []],
  ]
  for (const [input, expected] of cases) assert.equal(mistakes('unit', input), expected)
})

test('reports every unknown directive of a unit', () => {
  const content = { Service: { ExecStrat: '/x', Restrt: 'no' } }
  assert.equal(mistakes('unit', { name: 'x.service', content }), [
    'unit[x.service]: x.service: unknown directive ExecStrat= in [Service]; did you mean ExecStart=?',
    'unit[x.service]: x.service: unknown directive Restrt= in [Service]; did you mean Restart=?',
  ])
})

test.run()

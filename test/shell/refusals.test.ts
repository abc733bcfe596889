import { lstatSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Expectation } from '../../src/model/plan.ts'
import { attributes, change, link, mkdir, run, write } from './changes.ts'
import { inShellsByTurns } from './root-tree.ts'
import { apply, inspect } from './run-programs.ts'

function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0')
}

test('a file that does not validate leaves the old one, and no temporary files', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/config', 'old')
    const validate = 'test "$(cat {})" = good || { echo "not good: $(cat {})"; exit 1; }'
    const bad = await apply(tree, [
      change(write('/etc/first', 'x')),
      change(write('/etc/config', 'bad', { validate })),
      change(write('/etc/third', 'x')),
    ])
    assert.equal(bad, [
      'started',
      'start 0',
      'start 1',
      'start 2',
      'done 0',
      `fail 1 validation failed: ${validate}`,
      '| not good: bad',
      'end failed',
    ])
    assert.is(tree.read('/etc/config'), 'old')
    assert.equal(readdirSync(tree.at('/etc')).sort(), [
      'config',
      'first',
      'group',
      'os-release',
      'passwd',
      'shadow',
    ])
    assert.is((await apply(tree, [change(write('/etc/config', 'good', { validate }))])).at(-1), 'end ok')
    assert.is(tree.read('/etc/config'), 'good')
  }))

test('the validator sees a path with quotes and blanks as one word', () =>
  inShellsByTurns(async (tree) => {
    const path = `/srv/it's "a" $(dir)/{}/file`
    const lines = await apply(tree, [
      change(mkdir(`/srv/it's "a" $(dir)/{}`)),
      change(write(path, 'good', { validate: 'cat {} {} | grep -qx goodgood' })),
    ])
    assert.is(lines.at(-1), 'end ok')
    assert.is(tree.read(path), 'good')
  }))

test('bytes with a wrong checksum never go live', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/config', 'old')
    const operation = write('/etc/config', 'new')
    const damaged = { ...operation, content: { ...operation.content, data: 'damaged on the way' } }
    assert.equal(await apply(tree, [change(damaged)]), [
      'started',
      'start 0',
      'fail 0 the uploaded bytes do not match the checksum in the plan',
      'end failed',
    ])
    assert.is(tree.read('/etc/config'), 'old')
    assert.equal(readdirSync(tree.at('/etc')).sort(), ['config', 'group', 'os-release', 'passwd', 'shadow'])
  }))

for (const [sentence, operation, message] of [
  [
    'a file',
    write('/srv/missing/file', 'x'),
    'the directory /srv/missing does not exist; declare it as a directory resource',
  ],
  [
    'a link',
    link('/srv/missing/link', 'x'),
    'the directory /srv/missing does not exist; declare it as a directory resource',
  ],
  [
    'a file over a link',
    write('/etc/planted', 'x'),
    'a symbolic link is at /etc/planted; converge does not write through links',
  ],
  ['a directory over a link', mkdir('/etc/planted'), 'a symbolic link is at /etc/planted'],
  ['a mode through a link', attributes('/etc/planted', '0777'), 'a symbolic link is at /etc/planted'],
  ['a file over a directory', write('/etc', 'x'), 'a directory is at /etc'],
  ['a link over a file', link('/etc/passwd', 'x'), 'something other than a link is at /etc/passwd'],
  [
    'a user in no group',
    { op: 'user', name: 'a', group: 'none', system: false, createHome: false },
    'there is no group none',
  ],
  [
    'a package in a tree',
    { op: 'package', packages: [{ name: 'etcd' }], autostart: false, update: false },
    'packages cannot be changed in a root tree; apply to the booted host instead',
  ],
  [
    'the removal of a package in a tree',
    { op: 'remove-package', packages: ['etcd'] },
    'packages cannot be changed in a root tree; apply to the booted host instead',
  ],
] as const) {
  test(`refuses ${sentence}`, () =>
    inShellsByTurns(async (tree) => {
      tree.write('/srv/victim', 'untouched', 0o600)
      symlinkSync('/srv/victim', tree.at('/etc/planted'))
      assert.equal(await apply(tree, [change(operation)]), [
        'started',
        'start 0',
        'fail 0 exit 1',
        `| ${message}`,
        'end failed',
      ])
      assert.is(tree.read('/srv/victim'), 'untouched')
      assert.is(mode(tree.at('/srv/victim')), '0600')
      assert.is(readlinkSync(tree.at('/etc/planted')), '/srv/victim')
      assert.is(readdirSync(tree.at('/etc')).filter((file) => file.startsWith('.')).length, 0)
    }))
}

test('a host that changed after the plan is refused and reported, and nothing is changed', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/edited', 'as planned')
    tree.write('/etc/same', 'as planned')
    symlinkSync('/one', tree.at('/etc/link'))
    const paths = ['/etc/edited', '/etc/same', '/etc/link', '/etc/new', '/srv']
    const facts = await inspect(
      tree,
      paths.map((path) => ({ probe: 'path', path })),
    )
    const expects = paths.flatMap((path): Expectation[] => {
      const state = facts.paths[path]
      return state === undefined ? [] : [{ path, state }]
    })
    const planned = [change(write('/etc/same', 'new'), { expects })]
    tree.write('/etc/edited', 'by hand')
    tree.write('/etc/new', 'x', 0o600)
    const lines = await apply(tree, planned)
    const was = facts.paths['/etc/edited']
    assert.ok(was?.type === 'file')
    const ids = `${process.getuid?.()} ${process.getgid?.()}`
    const seen = `${ids} ${was?.type === 'file' ? was.sha256 : ''}`
    assert.equal(lines, [
      'started',
      `| /etc/edited: the plan saw file 0644 ${seen}, now it is file 0644 ${ids} ${write('', 'by hand').content.sha256}`,
      `| /etc/new: the plan saw absent, now it is file 0600 ${ids} ${write('', 'x').content.sha256}`,
      'end refused',
    ])
    assert.is(tree.read('/etc/same'), 'as planned')
    assert.equal(readdirSync(tree.at('/var/tmp')), [])
  }))

test('every kind of expectation holds on a host that did not change', () =>
  inShellsByTurns(async (tree) => {
    tree.write("/srv/it's\n a file\\", 'x', 0o640)
    symlinkSync('target\n', tree.at('/srv/link'))
    symlinkSync('link', tree.at('/srv/-link to link'))
    const paths = [
      "/srv/it's\n a file\\",
      '/srv/link',
      '/srv/-link to link',
      '/srv',
      '/srv/absent',
      '/etc/passwd',
    ]
    const many = Array.from({ length: 230 }, (_, index) => `/srv/absent ${index}`)
    const facts = await inspect(
      tree,
      [...paths, ...many].map((path) => ({ probe: 'path', path })),
    )
    const expects = Object.entries(facts.paths).map(([path, state]) => ({ path, state }))
    assert.is(expects.length, 236)
    assert.equal(await apply(tree, [change(run(':'), { expects })]), [
      'started',
      'start 0',
      'done 0',
      'end ok',
    ])
  }))

test.run()

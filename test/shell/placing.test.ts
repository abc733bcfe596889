import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { change, link, textContent, write } from './changes.ts'
import { inShellsByTurns, listTree, type RootTree } from './root-tree.ts'
import { apply } from './run-programs.ts'

function modeOf(tree: RootTree, path: string): string {
  return (statSync(tree.at(path)).mode & 0o7777).toString(8)
}

test('a file that is written in place stays the same one, and settles with its mode', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/hosts', 'an old and longer content')
    const { ino } = statSync(tree.at('/etc/hosts'))
    const lines = await apply(tree, [
      change({ ...write('/etc/hosts', 'new', { mode: '4550' }), inPlace: true }),
      change({ ...write('/etc/fresh', 'new'), inPlace: true }),
    ])
    assert.is(lines.at(-1), 'end ok')
    assert.is(statSync(tree.at('/etc/hosts')).ino, ino)
    assert.equal([tree.read('/etc/hosts'), modeOf(tree, '/etc/hosts')], ['new', '4550'])
    assert.is(tree.read('/etc/fresh'), 'new')
    assert.not.match(listTree(tree.root).join(), /\.converge/)
  }))

test('content that its validator refuses is not written in place either', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/hosts', 'old')
    const refused = write('/etc/hosts', 'new', { validate: 'grep -q old {}' })
    const lines = await apply(tree, [change({ ...refused, inPlace: true })])
    assert.is(lines.at(-1), 'end failed')
    assert.is(tree.read('/etc/hosts'), 'old')
  }))

test('what was kept comes back in place', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/hosts', 'ours')
    const { sha256 } = textContent('original')
    const kept = 'originals/0123'
    tree.write(`/var/lib/converge/clusters/test/${kept}`, 'original')
    const { ino } = statSync(tree.at('/etc/hosts'))
    const owned = { owner: 'root', group: 'root', mode: '0600' }
    const lines = await apply(tree, [
      change({ op: 'restore', path: '/etc/hosts', kept, sha256, ...owned, inPlace: true }),
    ])
    assert.is(lines.at(-1), 'end ok')
    assert.is(statSync(tree.at('/etc/hosts')).ino, ino)
    assert.equal([tree.read('/etc/hosts'), modeOf(tree, '/etc/hosts')], ['original', '600'])
  }))

test('a link makes way for a file, whatever it points to, and comes back', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/target', 'untouched')
    mkdirSync(tree.at('/etc/directory'))
    chmodSync(tree.at('/etc/directory'), 0o755)
    const targets = { file: 'target', folder: 'directory', dangling: 'nowhere' }
    for (const [name, target] of Object.entries(targets)) symlinkSync(target, tree.at(`/etc/${name}`))
    const paths = Object.keys(targets).map((name) => `/etc/${name}`)
    const replacing = paths.map((path) => change({ ...write(path, 'new'), replaceLink: true }))
    assert.is((await apply(tree, replacing)).at(-1), 'end ok')
    assert.equal(
      paths.map((path) => [lstatSync(tree.at(path)).isFile(), tree.read(path)]),
      paths.map(() => [true, 'new']),
    )
    assert.is(tree.read('/etc/target'), 'untouched')
    const back = Object.entries(targets).map(([name, target]) =>
      change({ ...link(`/etc/${name}`, target), replaces: 'file' }),
    )
    assert.is((await apply(tree, back)).at(-1), 'end ok')
    assert.ok(paths.every((path) => lstatSync(tree.at(path)).isSymbolicLink()))
    assert.is((await apply(tree, [change(write('/etc/file', 'new'))])).at(-1), 'end failed')
  }))

test.run()

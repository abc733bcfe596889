import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planHost } from '../../src/plan/host/plan-host.ts'
import { undoOfChanges } from '../../src/record/undo-of.ts'
import { directory } from '../../src/resources/directory.ts'
import { file } from '../../src/resources/file.ts'
import { catalogOf } from './catalogs.ts'
import { change, link, mkdir, textContent, write } from './changes.ts'
import { inShellsByTurns, listTree, type RootTree } from './root-tree.ts'
import { apply, inspect, runPortable } from './run-programs.ts'

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

test('missing parents get their mode, whatever bits the directory above them hands down', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv'))
    chmodSync(tree.at('/srv'), 0o2775)
    const lines = await apply(tree, [change(mkdir('/srv/a/b/c', '2750'))])
    assert.is(lines.at(-1), 'end ok')
    assert.equal(
      ['/srv/a', '/srv/a/b', '/srv/a/b/c'].map((path) => modeOf(tree, path)),
      ['755', '755', '2750'],
    )
  }))

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('owners with blanks are set, compared and restored, by a plan and by a portable program', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nEXAMPLE\\ann b:x:5004:5005::/:/bin/sh\n')
    tree.write('/etc/group', 'root:x:0:\ndomain users:x:5005:\n')
    tree.write('/srv/x', 'old')
    chownSync(tree.at('/srv/x'), 5004, 5005)
    const owned = { owner: 'EXAMPLE\\ann b', group: 'domain users' }
    const catalog = catalogOf(
      directory({ path: '/srv/ad', mode: '2775', ...owned }),
      file({ path: '/srv/ad/report.txt', content: 'x\n', ...owned }),
      file({ path: '/srv/x', content: 'new' }),
    )
    const look = async () => {
      const facts = await inspect(
        tree,
        catalog.entries.flatMap(({ resource }) => resource.probes),
      )
      return planHost(catalog, facts)
    }
    const first = await look()
    assert.is((await apply(tree, first.changes)).at(-1), 'end ok')
    assert.equal((await look()).changes, [])
    const undo = undoOfChanges(first.changes, first.facts, 1)
    assert.match(JSON.stringify(undo), '"owner":"EXAMPLE\\\\ann b","group":"domain users"')
    assert.is((await runPortable(tree, catalog)).includes('end ok'), true)
    assert.equal((await look()).changes, [])
    rmSync(tree.at('/srv/ad'), { recursive: true })
    await runPortable(tree, catalog)
    const { uid, gid, mode } = statSync(tree.at('/srv/ad'))
    assert.equal([uid, gid, mode & 0o7777], [5004, 5005, 0o2775])
    assert.equal((await look()).changes, [])
  }),
)

test.run()

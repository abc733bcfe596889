import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../../src/model/plan.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { change, write } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { apply, launching, libraryFor, newRun } from './run-programs.ts'

const names = ['a', 'b b', '-c', "d'", 'e\ne']
const files = (directory: string, text: string) =>
  names.map((name, index) =>
    change(write(`${directory}/${name}`, `${text} ${name}`, { mode: index % 2 === 0 ? '0644' : '0600' })),
  )

/** What a program does with one more piece of library, and its result lines. */
async function applyWith(tree: RootTree, changes: readonly Change[], more: string): Promise<string[]> {
  const own = libraryFor(tree.shell)
  const library: HostLibrary = { ...own, apply: `${own.apply}\n${more}` }
  const { stdout } = await tree.run(launching(tree, changes, newRun('run-with'), { library }))
  return stdout.toString().trimEnd().split('\n')
}

const isTemporary = (name: string): boolean => name.startsWith('.converge')

test('files beside each other get their own modes, also if one has a validator or the name of another', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv/one'), { recursive: true })
    mkdirSync(tree.at('/srv/two'))
    const changes = [
      ...files('/srv/one', 'first'),
      change(
        write('/srv/one/checked', 'good', { validate: 'test -f "$(dirname {})/old" && grep -q good {}' }),
      ),
      ...files('/srv/two', 'second'),
      ...files('/srv/one', 'first').slice(0, 1),
    ]
    tree.write('/srv/one/old', '')
    tree.write('/srv/two/a', 'before', 0o640)
    const lines = await apply(tree, changes)
    assert.equal(lines, [
      'started',
      ...changes.map((_, index) => `start ${index}`),
      ...changes.map((_, index) => `done ${index}`),
      'end ok',
    ])
    for (const [directory, text] of [
      ['/srv/one', 'first'],
      ['/srv/two', 'second'],
    ] as const)
      for (const [index, name] of names.entries()) {
        assert.is(tree.read(`${directory}/${name}`), `${text} ${name}`)
        assert.is(lstatSync(tree.at(`${directory}/${name}`)).mode & 0o777, index % 2 === 0 ? 0o644 : 0o600)
      }
    assert.equal(readdirSync(tree.at('/srv/one')).sort(), [...names, 'checked', 'old'].sort())
    assert.equal(readdirSync(tree.at('/srv/two')).sort(), [...names].sort())
  }))

test('a directory in the place of a file stops the files after it', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv'))
    const lines = await applyWith(
      tree,
      files('/srv', 'new'),
      `point() { [ "$*" != 'queue durable' ] || mkdir "$R/srv/-c"; }`,
    )
    assert.equal(lines.slice(-5), [
      'done 0',
      'done 1',
      'fail 2 the new content cannot be put in place',
      '| a directory or a link has appeared at /srv/-c',
      'end failed',
    ])
    assert.equal(readdirSync(tree.at('/srv')).sort(), ['-c', 'a', 'b b'])
  }))

test('a file that cannot be renamed fails; what stands after it in its directory is told', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv'))
    const mv = `mv() {
  case $* in *-files/b*) ;; *) command mv "$@"; return ;; esac
  for moved; do
    case $moved in -f | -- | */ | *'/b b') ;; *) command mv -f -- "$moved" "$R/srv/" ;; esac
  done
  echo 'mv: cannot move it' >&2
  return 1
}`
    assert.equal((await applyWith(tree, files('/srv', 'new'), mv)).slice(-7), [
      'done 0',
      'done 2',
      'done 3',
      'done 4',
      'fail 1 the new content cannot be put in place',
      '| mv: cannot move it',
      'end failed',
    ])
    assert.equal(readdirSync(tree.at('/srv')).sort(), names.filter((name) => name !== 'b b').sort())
  }))

test('a program that dies while it renames leaves whole files, and the next one cleans up', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv'))
    for (const name of names) tree.write(`/srv/${name}`, `old ${name}`)
    const mv = `mv() {
  case $* in *-files/*) ;; *) command mv "$@"; return ;; esac
  command mv -f -- "$3" "$R/srv/"
  kill -KILL 0
}`
    await applyWith(tree, files('/srv', 'new'), mv)
    assert.equal(
      names.map((name) => tree.read(`/srv/${name}`).split(' ')[0]),
      ['new', 'old', 'old', 'old', 'old'],
    )
    assert.ok(readdirSync(tree.at('/srv')).some(isTemporary))
    assert.is((await apply(tree, files('/srv', 'new').slice(1))).at(-1), 'end ok')
    assert.not.ok(readdirSync(tree.at('/srv')).some(isTemporary))
    for (const name of names) assert.is(tree.read(`/srv/${name}`), `new ${name}`)
  }))

test('where files cannot be copied together each is copied by itself', () =>
  inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv'))
    const mkdir = 'mkdir() { case $* in *-files*) return 1 ;; esac; command mkdir "$@"; }'
    assert.is((await applyWith(tree, files('/srv', 'new'), mkdir)).at(-1), 'end ok')
    for (const name of names) assert.is(tree.read(`/srv/${name}`), `new ${name}`)
    assert.not.ok(existsSync(tree.at('/srv/.converge')))
  }))

test.run()

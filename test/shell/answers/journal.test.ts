import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { change, run, write } from '../changes.ts'
import { inShellsByTurns } from '../root-tree.ts'
import { apply, inspect, journalPath, launching, libraryFor, newRun } from '../run-programs.ts'

/** The lines of a journal without the empty ones that part one write from the next. */
function written(journal: string): readonly string[] {
  return journal.split('\n').filter((line) => line !== '')
}

test('what is owed is in the journal before the change, and stays there after a failure', () =>
  inShellsByTurns(async (tree) => {
    const owes = [{ resource: 'unit[a b.service]', action: 'restart' }] as const
    const copy = (to: string) => run(`cp "$CONVERGE_ROOT${journalPath}" "$CONVERGE_ROOT/srv/${to}"`)
    tree.write('/srv/.keep', '')
    const lines = await apply(tree, [
      change(write('/etc/env', 'x', { validate: ': ' }), { owes }),
      change(copy('after-write')),
      change(copy('at-run'), { owes: [{ resource: 'command[reindex]', action: 'run' }] }),
      change(run('false'), { settles: [{ resource: 'command[reindex]', action: 'run' }] }),
    ])
    assert.is(lines.at(-1), 'end failed')
    const owed = 'owe restart unit[a%20b.service]'
    assert.equal(written(tree.read('/srv/after-write')), ['converge-journal 1', owed])
    assert.equal(written(tree.read('/srv/at-run')), ['converge-journal 1', owed, 'owe run command[reindex]'])
    assert.equal(written(tree.read(journalPath)), written(tree.read('/srv/at-run')))
    const facts = await inspect(tree, [])
    assert.equal(facts.pending, [
      { resource: 'unit[a b.service]', action: 'restart' },
      { resource: 'command[reindex]', action: 'run' },
    ])
    const settled = await apply(
      tree,
      [
        change(run(':'), { settles: [{ resource: 'command[reindex]', action: 'run' }] }),
        change(copy('settled')),
        change(run('false')),
      ],
      facts.journal,
    )
    assert.is(settled.at(-1), 'end failed')
    assert.is(written(tree.read('/srv/settled')).at(-1), 'settled run command[reindex]')
    const later = await inspect(tree, [])
    assert.equal(later.pending, [{ resource: 'unit[a b.service]', action: 'restart' }])
    assert.is((await apply(tree, [change(run(':'))], later.journal)).at(-1), 'end ok')
    assert.is(tree.read(journalPath), '')
  }))

test('a write that fails owes nothing', () =>
  inShellsByTurns(async (tree) => {
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    await apply(tree, [change(write('/etc/env', 'x', { validate: 'false' }), { owes })])
    assert.equal((await inspect(tree, [])).pending, [])
  }))

test('what a torn journal line swallows is not what is owed now', () =>
  inShellsByTurns(async (tree) => {
    tree.write(journalPath, 'converge-journal 1\nowe resta')
    const { journal } = await inspect(tree, [])
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    assert.is(
      (await apply(tree, [change(write('/etc/env', 'x'), { owes }), change(run('false'))], journal)).at(-1),
      'end failed',
    )
    assert.equal((await inspect(tree, [])).pending, owes)
  }))

test('a skipped change owes nothing', () =>
  inShellsByTurns(async (tree) => {
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    await apply(tree, [
      change(run(':'), { owes, guard: { onlyIf: 'false' } }),
      change(write('/etc/x', 'x')),
      change(run('false')),
    ])
    assert.equal((await inspect(tree, [])).pending, [])
  }))

test('a journal that another run changed is refused', () =>
  inShellsByTurns(async (tree) => {
    tree.write(journalPath, 'converge-journal 1\nowe restart unit[a.service]\n')
    assert.equal(await apply(tree, [change(write('/etc/x', 'x'))]), [
      'started',
      '| the journal: another run changed what is pending',
      'end refused',
    ])
    assert.not(existsSync(tree.at('/etc/x')))
  }))

test('a guard that does not answer ends the run, and what its step would settle stays owed', () =>
  inShellsByTurns(async (tree) => {
    const pending = { resource: 'unit[a.service]', action: 'restart' } as const
    const library = libraryFor(tree.shell)
    const slow = { ...library, apply: `${library.apply}\ntimed_command() { return 124; }\n` }
    for (const guard of [{ onlyIf: 'sleep 60' }, { unless: 'sleep 60' }]) {
      const { journal } = await inspect(tree, [])
      const changes = [
        change(write('/etc/x', JSON.stringify(guard)), { owes: [pending] }),
        change(run(':'), { guard, settles: [pending] }),
      ]
      const id = Object.keys(guard).join('')
      const { stdout } = await tree.run(launching(tree, changes, newRun(id), { journal, library: slow }))
      assert.match(stdout.toString(), 'fail 1 its guard timed out after 10 seconds\n')
      assert.match(stdout.toString(), /end failed\n$/)
      assert.equal((await inspect(tree, [])).pending, [pending])
    }
  }))

test.run()

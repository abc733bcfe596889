import { existsSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { figure } from '../figure.ts'
import { change, link, run, write } from './changes.ts'
import { fuzzRuns } from './hostile.ts'
import { inEachShell, listTree, type RootTree, withRootTree } from './root-tree.ts'
import { inspect, launching, libraryFor, newRun } from './run-programs.ts'
import { type Shell, shells } from './shells.ts'

const restart = { resource: 'unit[a.service]', action: 'restart' } as const
const reload = { resource: 'unit[b.service]', action: 'reload' } as const

/** What the plan of this host is: files that owe notifications, other steps between them, the acts at the end. */
function changesFor(tree: RootTree) {
  const acted = (word: string) => run(`echo ${word} >>"$CONVERGE_ROOT/srv/acts"`)
  return {
    all: [
      change(write('/etc/first', 'new'), { owes: [restart] }),
      change(write('/etc/second', 'new'), { owes: [reload] }),
      change(link('/etc/link', 'new')),
      change(write('/etc/third', 'new'), { owes: [restart] }),
      change({ ...write('/etc/fourth', 'new'), inPlace: true }),
      change({ ...write('/etc/fifth', 'new'), replaceLink: true }),
      change(acted('restart'), { settles: [restart] }),
      change(acted('reload'), { settles: [reload] }),
    ],
    acts: () => (existsSync(tree.at('/srv/acts')) ? tree.read('/srv/acts').trim().split('\n') : []),
  }
}

function plant(tree: RootTree): void {
  for (const file of ['first', 'second', 'third', 'fourth']) tree.write(`/etc/${file}`, 'old')
  tree.write('/srv/.keep', '')
  symlinkSync('old', tree.at('/etc/link'))
  symlinkSync('fourth', tree.at('/etc/fifth'))
}

/** The library, dying by SIGKILL at the given one of the moments that it marks. */
function dyingAt(tree: RootTree, moment: number) {
  const library = libraryFor(tree.shell)
  const point = `point() { POINTS=$((POINTS + 1)); [ "$POINTS" -lt ${moment} ] || kill -9 $$; }\nPOINTS=0`
  return { ...library, apply: `${library.apply}\n${point}\n` }
}

/** Whether the run still died at that moment; if so, nothing was lost, and a second run ends as an undisturbed one. */
async function diesAt(moment: number, shell: Shell, settled: readonly string[]): Promise<boolean> {
  let died = false
  await withRootTree(shell, async (tree) => {
    plant(tree)
    const { all, acts } = changesFor(tree)
    const { stdout } = await tree.run(
      launching(tree, all, newRun('dies'), { library: dyingAt(tree, moment) }),
    )
    died = !stdout.toString().endsWith('end ok\n')
    if (!died) return
    const at = `${shell.name}, killed at moment ${moment}, after:\n${stdout}`
    for (const file of ['first', 'second', 'third', 'fourth', 'fifth'])
      assert.match(tree.read(`/etc/${file}`), /^(old|new)$/, at)
    const { journal, pending } = await inspect(tree, [])
    const owing = (file: string, action: string): boolean =>
      tree.read(`/etc/${file}`) === 'old' ||
      pending.some((one) => one.action === action) ||
      acts().includes(action)
    assert.ok(owing('first', 'restart') && owing('third', 'restart') && owing('second', 'reload'), at)
    // Everything that is done once more is right from any state.
    const again = await tree.run(launching(tree, all, newRun('again'), { journal }))
    assert.match(again.stdout.toString(), /end ok\n$/, at)
    // Uploads of a run that had not begun may be those of one that is about to: they go when they are old.
    const left = withoutActs(listTree(tree.root)).filter(
      (line) => stdout.includes('started') || !line.startsWith('"/var/tmp/converge-test-dies'),
    )
    assert.equal(left, settled, at)
    assert.ok(acts().includes('restart') && acts().includes('reload'), at)
  })
  return died
}

test('killed at any moment, no file is torn, no notification forgotten, and a second run ends the same way', async () => {
  let settled: readonly string[] = []
  await inEachShell(async (tree) => {
    plant(tree)
    await tree.run(launching(tree, changesFor(tree).all, newRun('whole')))
    settled = withoutActs(listTree(tree.root))
  })
  let moment = 1
  let tried = 0
  // Every other moment, in one shell after the other; a nightly run takes all of them, and all shells for each.
  const isNightly = fuzzRuns > 300
  const chosen = (): readonly Shell[] =>
    isNightly ? shells : shells.filter((_, index) => index === moment % shells.length)
  while ((await Promise.all(chosen().map((shell) => diesAt(moment, shell, settled)))).includes(true)) {
    moment += isNightly ? 1 : 2
    tried += 1
    assert.ok(moment < 200, 'it never comes to its end')
  }
  assert.ok(moment > 10, 'the moments are reached')
  figure('moments at which the host program is killed', tried)
})

/** An act that a kill parted from its note in the journal is done twice; that and nothing else may differ. */
function withoutActs(tree: readonly string[]): readonly string[] {
  return tree.filter((line) => !line.startsWith('"/srv/acts"'))
}

test.run()

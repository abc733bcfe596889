import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planPortable } from '../../src/plan/host/plan-portable.ts'
import { collectQuestions } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { launchProgram } from '../../src/shell/programs/launch-program.ts'
import { portableProgram } from '../../src/shell/programs/portable-program.ts'
import { change, run, write } from './changes.ts'
import { inShellsByTurns, listTree, type RootTree } from './root-tree.ts'
import { apply, ask, follow, launching, libraryFor, newRun, place } from './run-programs.ts'

/** A step that says that it has begun and then waits until the test lets it go on; no clock is involved. */
function heldStep(tree: RootTree) {
  const begun = tree.at('/srv/begun')
  const release = tree.at('/srv/release')
  tree.write('/srv/.keep', '')
  for (const fifo of [begun, release]) execFileSync('mkfifo', [fifo])
  return {
    change: change(run('echo begun >"$CONVERGE_ROOT/srv/begun"; read -r word <"$CONVERGE_ROOT/srv/release"')),
    hasBegun: () => tree.run(`read -r word <'${begun}'`),
    letGo: () => writeFileSync(release, 'go\n'),
  }
}

test('a program that was cut off executes nothing', () =>
  inShellsByTurns(async (tree) => {
    const library = libraryFor(tree.shell)
    const changes = [change(write('/etc/x', "it's\n}\n")), change(run(': >"$CONVERGE_ROOT/srv-ran"'))]
    const programs = [
      inspectProgram(collectQuestions([{ probe: 'path', path: '/etc' }]), place, library),
      portableProgram(planPortable({ host: 'host', entries: [] }, []), place, library),
      launching(tree, changes, newRun('cut')),
    ]
    const before = listTree(tree.root)
    for (const program of programs) {
      const body = program.lastIndexOf('} </dev/null')
      const lines = [...program.matchAll(/\n/g)].map(({ index }) => index)
      const steps = Array.from({ length: 5 }, (_, step) => Math.floor((body * (step + 1)) / 6))
      const cuts = [1, 2, body, ...steps]
      const atLines = lines.filter((end, index) => end < body && index % Math.ceil(lines.length / 5) === 0)
      for (const cut of [...cuts, ...atLines]) {
        const { stdout } = await tree.run(program.slice(0, cut))
        assert.is(stdout.toString(), '', `cut at ${cut} of ${program.length}`)
      }
    }
    assert.equal(listTree(tree.root), before)
    assert.not(existsSync(tree.at(place.stateDir)))
  }))

test('a killed connection ends nothing, and following again shows the whole result', () =>
  inShellsByTurns(async (tree) => {
    const held = heldStep(tree)
    const run = newRun('detached')
    const { child, finished } = tree.start(
      launching(tree, [held.change, change(write('/etc/after', 'x'))], run),
    )
    await held.hasBegun()
    assert.equal(await ask(tree), { busy: 'applying', holder: `${run.id} ${run.by}` })
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    const { exitCode, stdout } = await finished
    assert.is(exitCode, null)
    assert.not.match(stdout.toString(), 'end')
    const following = follow(tree, run)
    held.letGo()
    const whole = ['started', 'start 0', 'done 0', 'start 1', 'done 1', 'end ok']
    assert.equal(await following, whole)
    assert.is(tree.read('/etc/after'), 'x')
    assert.equal(await follow(tree, run), whole, 'also when it has ended')
    assert.not('busy' in (await ask(tree)))
  }))

test('a second apply is told who holds the lock, and changes nothing', () =>
  inShellsByTurns(async (tree) => {
    const held = heldStep(tree)
    const first = newRun('first')
    const { finished } = tree.start(launching(tree, [held.change], first))
    await held.hasBegun()
    assert.equal(await apply(tree, [change(write('/etc/second', 'x'))]), [
      `locked ${first.id} ${first.by}`,
      'end locked',
    ])
    assert.not(existsSync(tree.at('/etc/second')))
    const portable = await tree.run(
      portableProgram(planPortable({ host: 'host', entries: [] }, []), place, libraryFor(tree.shell)),
    )
    assert.is(portable.stdout.toString(), `locked ${first.id} ${first.by}\nend locked\n`)
    assert.is(portable.exitCode, 75)
    held.letGo()
    assert.match((await finished).stdout.toString(), /end ok\n$/)
    assert.is((await apply(tree, [change(write('/etc/second', 'x'))])).at(-1), 'end ok')
  }))

test('a disk without space for the program itself is reported at once, and nothing is run', () =>
  inShellsByTurns(async (tree) => {
    const program = launching(tree, [change(write('/etc/x', 'x'))], newRun('full'))
    const { exitCode, stdout, stderr } = await tree.run(`trap '' XFSZ\nulimit -f 8\n${program}`)
    assert.is(exitCode, 70)
    assert.is(stdout.toString(), '')
    assert.is(stderr.trim().split('\n').at(-1), `cannot write to ${tree.at(place.stateDir)}: File too large`)
    assert.not(existsSync(tree.at('/etc/x')))
  }))

test('a program that dies before its first line ends the view', () =>
  inShellsByTurns(async (tree) => {
    const library = libraryFor(tree.shell)
    const run = newRun('broken')
    const { stdout, stderr } = await tree.run(launchProgram('{ if broken\n', run, library))
    assert.is(stdout.toString(), '')
    assert.not.equal(stderr, '')
  }))

test('a run that is asked for twice at once is started once, and both see the whole of it', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/.keep', '')
    const program = launching(tree, [change(run('echo once >>"$CONVERGE_ROOT/srv/runs"'))], newRun('twice'))
    const [first, second] = await Promise.all([tree.run(program), tree.run(program)])
    assert.is(first.stdout.toString(), 'started\nstart 0\ndone 0\nend ok\n')
    assert.is(second.stdout.toString(), first.stdout.toString())
    assert.is(tree.read('/srv/runs'), 'once\n')
  }))

test('what a state directory is put below is open to others, itself it is not', () =>
  inShellsByTurns(async (tree) => {
    rmSync(tree.at('/var/lib'), { recursive: true })
    assert.is((await apply(tree, [change(run(':'))])).at(-1), 'end ok')
    const portable = await tree.run(
      portableProgram(
        planPortable({ host: 'host', entries: [] }, []),
        { ...place, stateDir: '/opt/own/state' },
        libraryFor(tree.shell),
      ),
    )
    assert.is(portable.exitCode, 0)
    const modes = ['/var/lib', place.stateDir, '/opt', '/opt/own', '/opt/own/state'].map((path) =>
      (statSync(tree.at(path)).mode & 0o7777).toString(8),
    )
    assert.equal(modes, ['755', '700', '755', '755', '700'])
  }))

test('results of the last runs are kept, older ones go', () =>
  inShellsByTurns(async (tree) => {
    for (let index = 0; index < 8; index += 1) await apply(tree, [change(run(':'))])
    const kept = listTree(tree.at(`${place.stateDir}/run`)).filter((line) => / directory /.test(line))
    assert.is(kept.length, 6)
  }))

test.run()

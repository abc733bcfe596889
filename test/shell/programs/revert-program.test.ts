import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bookkeeping, Change } from '../../../src/model/plan.ts'
import { launchProgram } from '../../../src/shell/programs/launch-program.ts'
import { planProgram } from '../../../src/shell/programs/plan-program.ts'
import { confirmProgram, revertProgram } from '../../../src/shell/programs/revert-program.ts'
import { change, run, textContent, write } from '../changes.ts'
import { inShellsByTurns, type RootTree } from '../root-tree.ts'
import { ask, launching, libraryFor, newRun } from '../run-programs.ts'

const opened: Bookkeeping = { generation: 1, summary: [], revert: [], records: [] }

function replacing(path: string, index: number, data: string): Change {
  return change(write(path, data), { keeps: [{ path, kept: `generations/1/${index}` }] })
}

function restoring(path: string, index: number, data: string): Change {
  const { sha256 } = textContent(data)
  const kept = `generations/1/${index}`
  return change({ op: 'restore', path, kept, sha256, mode: '0644', owner: 'root', group: 'root' })
}

const hangs = newRun('hangs')

/** systemctl as it answers while a timer is in that state, and what it starts is in the other. */
function systemctl(timer: string, service: string): string {
  return `#!/bin/sh
case "$*" in
  'show -p SubState converge-revert-hangs.timer') echo SubState=${timer} ;;
  'stop converge-revert-hangs.timer') ;;
  'show -p ActiveState converge-revert-hangs.service') echo ActiveState=${service} ;;
  *) exit 99 ;;
esac
`
}

for (const [said, timer, service] of [
  ['confirmed', 'waiting', 'inactive'],
  ['late', 'running', 'active'],
  ['late', 'waiting', 'active'],
  ['late', 'elapsed', 'inactive'],
] as const) {
  test(`a confirmation is ${said} where the timer is ${timer} and the revert service ${service}`, () =>
    inShellsByTurns(async (tree) => {
      tree.write('/bin/systemctl', systemctl(timer, service))
      chmodSync(tree.at('/bin/systemctl'), 0o755)
      const path = [tree.at('/bin'), process.env.PATH].join(delimiter)
      const { stdout } = await tree.run(`PATH='${path}'\n${confirmProgram(hangs, libraryFor(tree.shell))}`)
      assert.is(stdout.toString(), `${said}\n`)
    }))
}

test('since a reboot the timer that has a file is stopped by a confirmation, and its files are removed', () =>
  inShellsByTurns(async (tree) => {
    const name = 'converge-boot-revert-hangs'
    tree.write('/bin/systemctl', systemctl('waiting', 'inactive').replaceAll('converge-revert-hangs', name))
    chmodSync(tree.at('/bin/systemctl'), 0o755)
    const units = '/etc/systemd/system'
    const files = [`${name}.timer`, `${name}.service`, `timers.target.wants/${name}.timer`]
    for (const file of [...files, 'other.timer']) tree.write(`${units}/${file}`, '')
    const path = [tree.at('/bin'), process.env.PATH].join(delimiter)
    const { stdout } = await tree.run(`PATH='${path}'\n${confirmProgram(hangs, libraryFor(tree.shell))}`)
    assert.is(stdout.toString(), 'confirmed\n')
    assert.equal(
      [...files, 'other.timer'].filter((file) => existsSync(tree.at(`${units}/${file}`))),
      ['other.timer'],
    )
  }))

test('an apply that hangs is stopped and undone, too', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/config', 'new')
    tree.write('/srv/.keep', '')
    for (const fifo of ['/srv/begun', '/srv/never']) execFileSync('mkfifo', [tree.at(fifo)])
    const hanging = change(run('echo >"$CONVERGE_ROOT/srv/begun"; read -r word <"$CONVERGE_ROOT/srv/never"'))
    const behind = change(write('/etc/behind', 'x'))
    const { finished } = tree.start(launching(tree, [hanging, behind], hangs))
    await tree.run(`read -r word <'${tree.at('/srv/begun')}'`)
    const library = libraryFor(tree.shell)
    const patient = {
      ...library,
      revert: `${library.revert}\nsleep() { [ "$1" != 1 ] || return 0; command sleep "$1"; }\n`,
    }
    const back = change({ op: 'remove', path: '/etc/config', recursive: false })
    const { exitCode, stderr } = await tree.run(
      revertProgram(
        { changes: [back], journal: '', bookkeeping: { ...opened, generation: 0 } },
        hangs,
        patient,
      ),
    )
    assert.is(`${exitCode} ${stderr}`, '0 ')
    assert.not(existsSync(tree.at('/etc/config')))
    await finished
    assert.not(existsSync(tree.at('/etc/behind')))
    assert.not('busy' in (await ask(tree)))
  }))

async function apply(tree: RootTree, id: string, changes: readonly Change[], generation = 1): Promise<void> {
  const own = newRun(id)
  for (const { operation } of changes)
    if (operation.op === 'write')
      tree.write(`${own.stagingDir}/${operation.content.sha256}`, operation.content.data, 0o600)
  const library = libraryFor(tree.shell)
  const planned = { changes, journal: '', bookkeeping: { ...opened, generation } }
  await tree.run(launchProgram(planProgram(planned, own, library), own, library))
}

async function goBack(tree: RootTree, id: string, changes: readonly Change[]): Promise<string> {
  const program = revertProgram(
    { changes, journal: '', bookkeeping: opened },
    newRun(id),
    libraryFor(tree.shell),
  )
  const { stderr } = await tree.run(program)
  assert.is(stderr, '')
  return tree.read(`/var/lib/converge/run/${id}-revert/results`)
}

test('the undo covers what the apply has reached, and skips what it has not', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/first', 'old', 0o644)
    tree.write('/etc/second', 'old', 0o644)
    await apply(tree, 'half', [
      replacing('/etc/first', 0, 'new'),
      change(run('exit 3')),
      replacing('/etc/second', 2, 'new'),
    ])
    assert.is(tree.read('/etc/first'), 'new')
    const results = await goBack(tree, 'half', [
      restoring('/etc/second', 2, 'old'),
      restoring('/etc/first', 0, 'old'),
    ])
    assert.is(results, 'started\nsame 0\nstart 1\ndone 1\nend ok\n')
    assert.is(tree.read('/etc/first'), 'old')
  }))

test('a failed step of the undo does not prevent the others', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/first', 'old', 0o644)
    await apply(tree, 'whole', [replacing('/etc/first', 0, 'new')])
    const results = await goBack(tree, 'whole', [change(run('exit 3')), restoring('/etc/first', 0, 'old')])
    assert.match(results, 'fail 0 exit 3\n')
    assert.match(results, 'end failed\n')
    assert.is(tree.read('/etc/first'), 'old')
  }))

test('an apply after the unconfirmed one is kept', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/first', 'old', 0o644)
    await apply(tree, 'one', [replacing('/etc/first', 0, 'new')])
    await apply(tree, 'two', [change(write('/etc/first', 'newer'))], 2)
    const results = await goBack(tree, 'one', [restoring('/etc/first', 0, 'old')])
    assert.match(results, 'end refused\n')
    assert.is(tree.read('/etc/first'), 'newer')
  }))

test.run()

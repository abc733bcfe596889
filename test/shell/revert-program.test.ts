import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { confirmProgram, revertProgram } from '../../src/shell/revert-program.ts'
import { change, run, write } from './changes.ts'
import { inEachShell } from './root-tree.ts'
import { inspect, launching, libraryFor, newRun } from './run-programs.ts'

const hangs = newRun('hangs')

/** systemctl as it answers while a timer is in that state, and what it starts is in the other. */
function systemctl(timer: string, service: string): string {
  return `#!/bin/sh
case "$*" in
  'show -p SubState converge-revert-hangs.timer') echo SubState=${timer} ;;
  'stop converge-revert-hangs.timer') ;;
  'is-active --quiet converge-revert-hangs.timer') ;;
  'is-active --quiet converge-revert-hangs.service') [ ${service} = active ] ;;
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
  test(`a confirmation is ${said} where the timer is ${timer} and the way back ${service}`, () =>
    inEachShell(async (tree) => {
      tree.write('/bin/systemctl', systemctl(timer, service))
      chmodSync(tree.at('/bin/systemctl'), 0o755)
      const path = [tree.at('/bin'), process.env.PATH].join(delimiter)
      const { stdout } = await tree.run(`PATH='${path}'\n${confirmProgram(hangs)}`)
      assert.is(stdout.toString(), `${said}\n`)
    }))
}

test('an apply that hangs is ended and taken back, too', () =>
  inEachShell(async (tree) => {
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
      apply: `${library.apply}\nsleep() { [ "$1" != 1 ] || return 0; command sleep "$1"; }\n`,
    }
    const back = change({ op: 'remove', path: '/etc/config', recursive: false })
    const { exitCode, stderr } = await tree.run(
      revertProgram({ changes: [back], journal: '' }, hangs, patient),
    )
    assert.is(`${exitCode} ${stderr}`, '0 ')
    assert.not(existsSync(tree.at('/etc/config')))
    await finished
    assert.not(existsSync(tree.at('/etc/behind')))
    assert.is((await inspect(tree, [])).applying, undefined)
  }))

test.run()
